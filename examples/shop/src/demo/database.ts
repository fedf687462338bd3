import pg from 'pg';
import { type Child, type ChildSetup, startChild } from './child.ts';

/** The PostgreSQL of the shop, with its tables filled. */
export type Database = {
  /** What the services connect to. */
  readonly url: string;
  /** Whether it runs inside the demo. */
  readonly embedded: boolean;
  /** Removes the shop's tables, or ends the embedded server. */
  stop(): Promise<void>;
};

/** The database of the user cannot be used. */
export class DatabaseFailure extends Error {
  override readonly name = 'DatabaseFailure';
}

const CONNECT_MS = 5000;
const TABLES = `
  CREATE TABLE product (id integer PRIMARY KEY, name text NOT NULL, stock integer NOT NULL);
  CREATE TABLE sale (id integer PRIMARY KEY, product text NOT NULL);
  CREATE TABLE notification (id serial PRIMARY KEY, product integer NOT NULL, text text NOT NULL);
  CREATE TABLE job (id serial PRIMARY KEY, notification json NOT NULL, carried json NOT NULL);
  INSERT INTO product
    SELECT n, (ARRAY['Tea', 'Cup', 'Pot', 'Jam'])[n % 4 + 1] || ' no. ' || n, 1000000 FROM generate_series(1, 100) n;
  INSERT INTO sale SELECT n, name FROM generate_series(1, 70000) n JOIN product ON product.id = n % 100 + 1;
  ANALYZE product, sale;`;

/**
 * Prepares the database that `DATABASE_URL` names, in a schema of its own that is removed at the end, or an embedded one
 * if there is none.
 */
export function startDatabase(url: string | undefined, setup: Omit<ChildSetup, 'program' | 'name'>): Promise<Database> {
  return url === undefined || url === '' ? startEmbedded(setup) : useExisting(url);
}

async function startEmbedded(setup: Omit<ChildSetup, 'program' | 'name'>): Promise<Database> {
  const child: Child = await startChild({ ...setup, name: 'PostgreSQL (PGlite)', program: './pglite.js' });
  const url = `postgresql://postgres@127.0.0.1:${child.port}/postgres`;
  try {
    await run(url, TABLES);
  } catch (thrown) {
    await child.stop();
    throw thrown;
  }
  return { url, embedded: true, stop: child.stop };
}

async function useExisting(given: string): Promise<Database> {
  const schema = `throughline_shop_${process.pid}`;
  const drop = (): Promise<void> =>
    run(given, `DROP SCHEMA IF EXISTS ${schema} CASCADE`).catch((thrown: unknown) => {
      throw new DatabaseFailure(`The schema ${schema} could not be removed from the database: ${describe(thrown)}.`);
    });
  try {
    const url = new URL(given);
    url.searchParams.set('options', `${url.searchParams.get('options') ?? ''} -c search_path=${schema}`.trim());
    await run(given, `CREATE SCHEMA ${schema}`);
    await run(url.href, TABLES).catch(async (thrown: unknown) => {
      await drop();
      throw thrown;
    });
    return { url: url.href, embedded: false, stop: drop };
  } catch (thrown) {
    if (thrown instanceof DatabaseFailure) throw thrown;
    throw new DatabaseFailure(
      `The PostgreSQL in DATABASE_URL cannot be used: ${describe(thrown)}. Correct the URL, or unset it for the embedded one.`,
    );
  }
}

async function run(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => {}); // the query that is running says it too
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}

// A refused connection to a name with several addresses has its reasons inside, and no message.
function describe(thrown: unknown): string {
  if (thrown instanceof AggregateError) return thrown.errors.map(describe).join(', ');
  return thrown instanceof Error ? thrown.message : String(thrown);
}
