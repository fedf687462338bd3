// The worker behind the queue: it writes orders, and the tier of the customer, which came as baggage, into PostgreSQL.
import { context, propagation } from '@opentelemetry/api';
import { tracePool } from '@throughline/databases/pg';
import { type StartTracingOptions, startTracing } from '@throughline/sdk';
import pg from 'pg';
import { type Broker, transports } from './transports.ts';

async function main([options = '{}', broker = '', url = '', name = '', database = '']: string[]): Promise<void> {
  startTracing(JSON.parse(options) as StartTracingOptions);
  const pool = tracePool(new pg.Pool({ connectionString: database }));
  await pool.query('CREATE TABLE IF NOT EXISTS placed (queue text, id integer, tier text)');
  const queue = await transports[broker as Broker](url, name);
  await queue.receive(async ({ id, fails }) => {
    const tier = propagation.getBaggage(context.active())?.getEntry('tier')?.value;
    await pool.query('INSERT INTO placed (queue, id, tier) VALUES ($1, $2, $3)', [name, id, tier]);
    if (fails) throw new RangeError('out of stock');
  });
  console.log('ready');
}

void main(process.argv.slice(2));
