import type { DuckDBConnection } from '@duckdb/node-api';
import type { LogRecord, Span } from '@throughline/analysis';
import { RequestError } from '../api/answer.ts';
import { SqlValues } from '../query/sql-filter.ts';
import { bagFrom, recordFrom, type Source } from './duckdb-rows.ts';
import { addSources, addStoredSpans, spanColumns } from './stored-span.ts';

const MAX_SOURCES = 10_000;

/** Reads rows and makes spans of them, one statement after another. */
export class DuckDbReader {
  readonly #connection: DuckDBConnection;
  readonly #sources = new Map<number, Source>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** The rows that a statement gives, each with its values in the order of the columns. */
  rows(sql: string, values?: SqlValues): Promise<readonly (readonly unknown[])[]> {
    return this.#ask(async () => (await this.#connection.runAndReadAll(sql, values?.list)).getRowsJS(), sql);
  }

  /** Spans; `rest` is the statement from its `FROM spans s` on. Those with one of these names are read in less time. */
  async spans(rest: string, values = new SqlValues(), names: readonly string[] = []): Promise<Span[]> {
    const sql = `SELECT ${spanColumns(names.map((name) => values.add(name)))} ${rest}`;
    const chunks = await this.#ask(async () => (await this.#connection.run(sql, values.list)).fetchAllChunks(), sql);
    const sources = new Set<number>();
    for (const chunk of chunks) addSources(sources, chunk);
    await this.#load(sources);
    const spans: Span[] = [];
    for (const chunk of chunks) addStoredSpans(spans, chunk, this.#sources, names);
    return spans;
  }

  async logs(traceId: string, limit: number): Promise<LogRecord[]> {
    const rows = await this.rows(
      `SELECT record, time_ns, source FROM logs WHERE trace_id = ${BigInt(`0x${traceId}`)} ORDER BY time_ns LIMIT ${limit}`,
    );
    await this.#load(new Set(rows.map(([, , source]) => source as number)));
    return rows.map(([record, time, source]) =>
      recordFrom(record as string, traceId, BigInt(time as bigint), this.#sources.get(source as number)),
    );
  }

  #ask<T>(ask: () => Promise<T>, sql: string): Promise<T> {
    const result = this.#last.then(async () => {
      try {
        return await ask();
      } catch (error) {
        if (sql.includes('regexp_full_match') && /invalid|missing|bad/i.test(String(error)))
          throw new RequestError('Expected a regular expression without look-around and references to groups.');
        throw error;
      }
    });
    this.#last = result.catch(() => {});
    return result;
  }

  // One object for each source, as spans of one process are expected to share theirs.
  async #load(wanted: ReadonlySet<number>): Promise<void> {
    const missing = new Set([...wanted].filter((source) => !this.#sources.has(source)));
    if (missing.size === 0) return;
    if (this.#sources.size + missing.size > MAX_SOURCES) {
      this.#sources.clear();
      for (const source of wanted) missing.add(source);
    }
    const found = await this.rows(
      `SELECT id, service, attributes, scope, scope_version FROM sources WHERE id IN (${[...missing].join(', ')})`,
    );
    for (const [id, service, attributes, scope, version] of found) {
      this.#sources.set(id as number, {
        resource: { service: service as string, attributes: bagFrom(attributes as string) },
        scope: scopeFrom(scope as string, version as string),
      });
    }
  }
}

function scopeFrom(name: string, version: string): Source['scope'] {
  if (name === '' && version === '') return undefined;
  return version === '' ? { name } : { name, version };
}
