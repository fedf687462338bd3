import type { DuckDBConnection } from '@duckdb/node-api';
import type { LogRecord, Span } from '@throughline/analysis';
import { RequestError } from '../api/answer.ts';
import type { SqlValues } from '../query/sql-filter.ts';
import { bagFrom, recordFrom, type Source, SPAN_COLUMNS, spanFrom } from './duckdb-rows.ts';

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
    const result = this.#last.then(async () => {
      try {
        return (await this.#connection.runAndReadAll(sql, values?.list)).getRowsJS();
      } catch (error) {
        if (sql.includes('regexp_full_match') && /invalid|missing|bad/i.test(String(error)))
          throw new RequestError('Expected a regular expression without look-around and references to groups.');
        throw error;
      }
    });
    this.#last = result.catch(() => {});
    return result;
  }

  /** Spans; `rest` is the statement from its `FROM spans s` on. */
  async spans(rest: string, values?: SqlValues): Promise<Span[]> {
    const rows = await this.rows(`SELECT ${SPAN_COLUMNS} ${rest}`, values);
    await this.#load(rows, 7);
    return rows.map((row) => spanFrom(row, this.#sources));
  }

  async logs(traceId: string, limit: number): Promise<LogRecord[]> {
    const rows = await this.rows(
      `SELECT record, time_ns, source FROM logs WHERE trace_id = ${BigInt(`0x${traceId}`)} ORDER BY time_ns LIMIT ${limit}`,
    );
    await this.#load(rows, 2);
    return rows.map(([record, time, source]) =>
      recordFrom(record as string, traceId, BigInt(time as bigint), this.#sources.get(source as number)),
    );
  }

  // One object for each source, as spans of one process are expected to share theirs.
  async #load(rows: readonly (readonly unknown[])[], column: number): Promise<void> {
    const missing = new Set<number>();
    for (const row of rows) if (!this.#sources.has(row[column] as number)) missing.add(row[column] as number);
    if (missing.size === 0) return;
    if (this.#sources.size + missing.size > MAX_SOURCES) {
      this.#sources.clear();
      for (const row of rows) missing.add(row[column] as number);
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
