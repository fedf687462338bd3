import { tracing } from '@throughline/fastify';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import fastify, { LogController } from 'fastify';
import pino from 'pino';
import { announce } from './announce.ts';
import { query } from './database.ts';
import { sampling } from './sampling.ts';

const { PORT = '0' } = process.env;

startTracing({ serviceName: 'search', sampling });
const loggerInstance = pino({ name: 'search', mixin: traceFields() });

// Fastify writes its own "incoming request" line before any hook runs, so before there is a request to belong to.
const logController = new LogController({ disableRequestLogging: true });
const app = fastify({ loggerInstance, logController });
await app.register(tracing, { ignore: (request) => request.url === '/health' });

app.get('/health', () => 'ok');

app.get<{ Querystring: { text: string; sort: string } }>('/products', async (request) => {
  const { text, sort } = request.query;
  const products = sort === 'popularity' ? await findPopular(text) : await findByName(text);
  request.log.info({ found: products.length }, 'found products');
  return products;
});

type Product = { id: number; name: string };

function findByName(text: string): Promise<Product[]> {
  return query('SELECT product', 'SELECT id, name FROM product WHERE name LIKE $1 ORDER BY id LIMIT 10', [`${text}%`]);
}

// The bad query: one for each product found, and each reads all sales, as no index helps with lower().
async function findPopular(text: string): Promise<Product[]> {
  const sold = new Map<Product, number>();
  for (const product of await findByName(text)) {
    const count = 'SELECT count(*)::int AS sales FROM sale WHERE lower(product) = lower($1)';
    const [row] = await query<{ sales: number }>('SELECT sale', count, [product.name]);
    sold.set(product, row?.sales ?? 0);
  }
  return [...sold].sort(([, a], [, b]) => b - a).map(([product]) => product);
}

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
announce(app.server);
