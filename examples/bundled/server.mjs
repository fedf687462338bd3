// `pnpm start` bundles this file with all it imports into dist/server.cjs and starts that: routes and spans are the same.
import { tracedFetch } from '@throughline/clients/fetch';
import { tracing } from '@throughline/fastify';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import { fastify } from 'fastify';
import { pino } from 'pino';

startTracing({ serviceName: 'orders', serviceVersion: '1.0.0', exporter: 'console' });
const app = fastify({ loggerInstance: pino({ mixin: traceFields(), level: 'warn' }) });
const fetch = tracedFetch();

void main(); // CommonJS, as the bundle is, has no `await` at the top

async function main() {
  await app.register(tracing);
  app.get('/prices/:id', async () => ({ cents: 1999 }));
  app.get('/orders/:id', async (request) => {
    request.log.warn('order shown');
    return (await fetch(`${app.listeningOrigin}/prices/teapot`)).json();
  });
  await app.listen({ port: Number(process.env.PORT ?? 3000) });
  console.log(`Try ${app.listeningOrigin}/orders/7`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close());
}
