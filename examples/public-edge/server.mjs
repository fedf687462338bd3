// Start with `pnpm start`, and send both addresses a `traceparent`: the answer says which trace the request was in.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tracedFetch } from '@throughline/clients/fetch';
import { logFields } from '@throughline/core';
import { tracing } from '@throughline/express';
import { startTracing } from '@throughline/sdk';
import express from 'express';

startTracing({ serviceName: 'shop', exporter: 'console' });

// What we tell whom we call: our own services everything, others nothing.
const fetch = tracedFetch({ propagate: (url) => url.hostname === 'localhost' });

const app = express();
app.use(
  tracing({
    // A stranger's trace is worth a link. It is not the parent of ours, and its sampled flag decides nothing here.
    trust: (request) => (request.socket.localPort === insidePort ? 'continue' : 'link'),
    // Nobody looks for probes.
    ignore: (request) => request.url === '/health',
    // A stranger's id goes into our logs only if it looks like one of ours.
    correlation: { valid: /^[0-9a-f]{32}$/ },
    redactQuery: ['voucher'],
  }),
);
app.get('/health', (_request, response) => {
  response.send('ok');
});
app.get('/orders/:id', async (request, response) => {
  const stock = await fetch(`http://localhost:${insidePort}/stock/${request.params.id}`);
  response.json({ ...logFields(), stock: await stock.json() });
});
app.get('/stock/:id', (_request, response) => {
  response.json(logFields());
});

const outside = await listen(Number(process.env.PORT ?? 3000));
const inside = await listen(Number(process.env.INSIDE_PORT ?? 0));
const insidePort = portOf(inside);
console.log(`Try http://localhost:${portOf(outside)}/orders/7?voucher=secret from outside`);
console.log(`Try http://localhost:${insidePort}/orders/7 as one of us`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const server of [outside, inside]) server.close();
  });
}

/** @param {number} port */
async function listen(port) {
  const server = createServer(app).listen(port);
  await once(server, 'listening');
  return server;
}

/** @param {import('node:http').Server} server */
function portOf(server) {
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}
