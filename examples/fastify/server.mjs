// Start with `pnpm start`, open the address it prints, and see the trace of your request in the terminal.
import { setTimeout as delay } from 'node:timers/promises';
import { tracedFetch } from '@throughline/clients/fetch';
import { withSpan } from '@throughline/core';
import { tracing } from '@throughline/fastify';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import fastify from 'fastify';
import pino from 'pino';

startTracing({ serviceName: 'orders', exporter: 'console' });
const fetch = tracedFetch();

const app = fastify({ loggerInstance: pino({ mixin: traceFields() }) });
await app.register(tracing);

app.get('/prices/:id', async (request) => {
  request.log.info('price looked up');
  return { cents: 1999 };
});

app.get('/orders/:id', async (request) => {
  const product = await withSpan('load order', async (span) => {
    span.setAttribute('order.id', /** @type {{ id: string }} */ (request.params).id);
    await delay(5);
    return 'teapot';
  });
  const price = await fetch(`${url}/prices/${product}`);
  request.log.info('order shown');
  return { product, price: await price.json() };
});

const url = await app.listen({ port: Number(process.env.PORT ?? 3000) });
console.log(`Try ${url}/orders/7`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close());
