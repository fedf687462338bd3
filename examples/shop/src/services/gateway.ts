import { tracedFetch } from '@throughline/clients/fetch';
import { tracing } from '@throughline/express';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import express from 'express';
import pino from 'pino';
import { announce } from './announce.ts';
import { sampling } from './sampling.ts';
import { timing, total } from './timing.ts';

const { SEARCH_URL, CHECKOUT_URL, PORT = '0' } = process.env;

startTracing({ serviceName: 'gateway', sampling });
const logger = pino({ name: 'gateway', mixin: traceFields() });
const fetch = tracedFetch();

const app = express();
app.use(tracing({ ignore: (request) => request.url === '/health' }));
app.use(timing, express.json());

app.get('/health', (_request, response) => {
  response.send('ok');
});

app.get('/search', async (request, response) => {
  const { text = '', sort = 'name' } = request.query;
  const query = new URLSearchParams({ text: String(text), sort: String(sort) });
  const found = await fetch(`${SEARCH_URL}/products?${query}`);
  const products: unknown = await found.json();
  logger.info({ text, sort }, 'searched products');
  response.set('x-cache', found.headers.get('x-cache') ?? 'none');
  response.status(found.status).set('server-timing', total(response)).json(products);
});

app.post('/checkout', async (request, response) => {
  const ordered = await fetch(`${CHECKOUT_URL}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request.body),
  });
  const order: unknown = await ordered.json();
  if (ordered.ok) logger.info('checked out');
  else logger.error({ status: ordered.status }, 'checkout failed');
  response.status(ordered.status).set('server-timing', total(response)).json(order);
});

announce(app.listen(Number(PORT), '127.0.0.1'));
