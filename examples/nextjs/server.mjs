// Start with `node server.mjs`, after `next build`, and open the address it prints: Next.js behind a traced server.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { context, trace } from '@opentelemetry/api';
import { setRoute, tracedListener } from '@throughline/core';
import { startTracing } from '@throughline/sdk';
import next from 'next';
import { nextRoutes } from './next-routes.mjs';

process.env.NEXT_OTEL_FETCH_DISABLED ??= '1'; // `tracedFetch` has a span already
const tracing = startTracing({
  serviceName: 'storefront',
  exporter: 'console',
  spanProcessors: [nextRoutes(setRoute)],
});
const app = next({ dev: false, dir: import.meta.dirname });
await app.prepare();
const handle = app.getRequestHandler();

const server = createServer(
  tracedListener((request, response) => context.with(asParentOnly(), () => handle(request, response))),
);
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
process.env.PRICES_URL ??= `http://127.0.0.1:${port}/api/prices`;
console.log(`Try http://127.0.0.1:${port}/orders/7`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);

// Next.js writes the route to the span that is active, after the response: ours has ended then, and OpenTelemetry would warn.
function asParentOnly() {
  const active = context.active();
  const span = trace.getSpanContext(active);
  return span === undefined ? active : trace.setSpanContext(active, span);
}

async function stop() {
  server.close();
  await app.close();
  await tracing.shutdown();
  process.exit();
}
