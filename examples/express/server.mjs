// Start with `pnpm start`, open the address it prints, and see the trace of your request in the terminal.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { tracedFetch } from '@throughline/clients/fetch';
import { withSpan } from '@throughline/core';
import { tracing } from '@throughline/express';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import express from 'express';
import pino from 'pino';

startTracing({ serviceName: 'orders', exporter: 'console' });
const logger = pino({ mixin: traceFields() });
const fetch = tracedFetch();

const app = express();
app.use(tracing());

app.get('/prices/:id', (request, response) => {
  logger.info({ product: request.params.id }, 'price looked up');
  response.json({ cents: 1999 });
});

app.get('/orders/:id', async (request, response) => {
  const product = await withSpan('load order', async (span) => {
    span.setAttribute('order.id', request.params.id);
    await delay(5);
    return 'teapot';
  });
  const price = await fetch(`${url}/prices/${product}`);
  logger.info({ order: request.params.id }, 'order shown');
  response.json({ product, price: await price.json() });
});

const server = app.listen(Number(process.env.PORT ?? 3000));
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const url = `http://localhost:${port}`;
console.log(`Try ${url}/orders/7`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close());
