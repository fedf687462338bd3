import { tracing } from '@throughline/fastify';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import fastify, { LogController } from 'fastify';
import pino from 'pino';
import { announce } from './announce.ts';
import { cached } from './cache.ts';
import { pool } from './database.ts';
import { sampling } from './sampling.ts';

const { PORT = '0' } = process.env;

startTracing({ serviceName: 'search', sampling });
const loggerInstance = pino({ name: 'search', mixin: traceFields() });

// Fastify writes its own "incoming request" line before any hook runs, so before there is a request to belong to.
const logController = new LogController({ disableRequestLogging: true });
const app = fastify({ loggerInstance, logController });
await app.register(tracing, { ignore: (request) => request.url === '/health' });

app.get('/health', () => 'ok');

app.get<{ Querystring: { text: string; sort: string } }>('/products', async (request, reply) => {
  const { text, sort } = request.query;
  const { value: found, hit } = await cached(`products:${text}`, () => findByName(text));
  const products = sort === 'popularity' ? await byPopularity(found) : found;
  request.log.info({ found: products.length }, 'found products');
  return reply.header('x-cache', hit ? 'hit' : 'miss').send(products);
});

type Product = { id: number; name: string };

async function findByName(text: string): Promise<Product[]> {
  const byName = 'SELECT id, name FROM product WHERE name LIKE $1 ORDER BY id LIMIT 10';
  const { rows } = await pool.query<Product>(byName, [`${text}%`]);
  return rows;
}

// The bad query: one for each product found, and each reads all sales, as no index helps with lower().
async function byPopularity(products: readonly Product[]): Promise<Product[]> {
  const sold = new Map<Product, number>();
  for (const product of products) {
    const count = 'SELECT count(*)::int AS sales FROM sale WHERE lower(product) = lower($1)';
    const { rows } = await pool.query<{ sales: number }>(count, [product.name]);
    sold.set(product, rows[0]?.sales ?? 0);
  }
  return [...sold].sort(([, a], [, b]) => b - a).map(([product]) => product);
}

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
announce(app.server);
