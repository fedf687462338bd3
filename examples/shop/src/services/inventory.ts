import { tracing } from '@throughline/fastify';
import { traceFields } from '@throughline/logs/pino';
import { startTracing } from '@throughline/sdk';
import fastify, { LogController } from 'fastify';
import pino from 'pino';
import { announce } from './announce.ts';
import { pool } from './database.ts';
import { sampling } from './sampling.ts';

const { PORT = '0' } = process.env;

startTracing({ serviceName: 'inventory', sampling });
const loggerInstance = pino({ name: 'inventory', mixin: traceFields() });

const logController = new LogController({ disableRequestLogging: true });
const app = fastify({ loggerInstance, logController });
await app.register(tracing, { ignore: (request) => request.url === '/health' });

app.get('/health', () => 'ok');

app.post<{ Params: { id: string } }>('/products/:id/reservations', async (request, reply) => {
  const { rows } = await pool.query<{ stock: number }>(
    'UPDATE product SET stock = stock - 1 WHERE id = $1 AND stock > 0 RETURNING stock',
    [Number(request.params.id)],
  );
  const [product] = rows;
  if (product === undefined) {
    request.log.warn('nothing left to reserve');
    return reply.status(409).send({ error: 'nothing left' });
  }
  request.log.info({ left: product.stock }, 'took one from stock');
  return reply.status(201).send(product);
});

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
announce(app.server);
