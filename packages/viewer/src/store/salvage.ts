import type { DuckDBConnection } from '@duckdb/node-api';
import { TABLES_STATEMENT } from './duckdb-database.ts';

/** What a file of the viewer has, what others depend on first. */
export const TABLES = ['meta', 'runs', 'sources', 'spans', 'parts', 'logs', 'signatures'] as const;
/** Rows that the database keeps together, which are lost together. */
const GROUP = 122_880;

/**
 * Copies what can be read of a damaged database into a new one, group of rows by group of rows. Returns how many rows of
 * each table there are.
 *
 * @throws {Error} if it cannot be opened at all.
 */
export async function copyRows(from: string, to: string): Promise<Map<string, number>> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(to, { threads: '2', memory_limit: '1GB' });
  const connection = await instance.connect();
  try {
    await connection.run(`ATTACH '${from.replaceAll("'", "''")}' AS damaged (READ_ONLY)`);
    await connection.run(TABLES_STATEMENT);
    const copied = new Map<string, number>();
    for (const table of TABLES) copied.set(table, await copyTable(connection, table));
    await connection.run('CHECKPOINT');
    return copied;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function copyTable(connection: DuckDBConnection, table: string): Promise<number> {
  try {
    const [[rows] = []] = (await connection.runAndReadAll(`SELECT max(rowid) + 1 FROM damaged.${table}`)).getRowsJS();
    for (let first = 0; first < Number(rows ?? 0); first += GROUP) {
      // A group that cannot be read takes none of the others with it.
      await connection
        .run(`INSERT INTO ${table} SELECT * FROM damaged.${table} WHERE rowid >= ${first} AND rowid < ${first + GROUP}`)
        .catch(() => {});
    }
    const [[copied] = []] = (await connection.runAndReadAll(`SELECT count(*) FROM ${table}`)).getRowsJS();
    return Number(copied);
  } catch {
    return 0;
  }
}
