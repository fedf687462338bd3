import { tracePool } from '@throughline/databases/pg';
import pg from 'pg';

/** The database of the shop: every query is a span. */
export const pool = tracePool(new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 }));
pool.on('error', () => {}); // an idle connection broke: the pool makes a new one, and a query that needs it tells
