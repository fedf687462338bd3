import type { DuckDBConnection } from '@duckdb/node-api';
import { SPAN_STATUSES } from '../api/messages.ts';
import { TABLES_STATEMENT } from './duckdb-database.ts';

/** What a file of the viewer has, what others depend on first; the summaries of traces are made anew of their spans. */
export const TABLES = ['meta', 'runs', 'sources', 'spans', 'logs', 'signatures'] as const;
/** Rows that the database keeps together, which are lost together. */
const GROUP = 122_880;

const FAILED = SPAN_STATUSES.indexOf('error');
/**
 * Summaries that survive without their spans would list traces that cannot be opened, and spans that survive without
 * their summary would be listed nowhere. What was stored at once is one part, as the writer has it.
 */
const PARTS_STATEMENT = `
  INSERT INTO parts
  SELECT stored_ms, run, trace_id, min(start_ns), max(end_ns), sum(spans), sum(errors), min(root).rank = 0,
    min(root).start_ns, min(root).service, min(root).name,
    '[' || string_agg(json_array(service, spans, errors)::VARCHAR, ',') || ']'
  FROM (
    SELECT stored_ms, run, trace_id, service, min(start_ns) AS start_ns, max(end_ns) AS end_ns, count(*) AS spans,
      count(*) FILTER (WHERE status = ${FAILED}) AS errors,
      min({rank: CASE WHEN parent_id IS NULL THEN 0 ELSE 1 END, start_ns: start_ns, service: service, name: name}) AS root
    FROM spans GROUP BY stored_ms, run, trace_id, service)
  GROUP BY stored_ms, run, trace_id
  ORDER BY stored_ms`;

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
    await connection.run(PARTS_STATEMENT);
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
