import { stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DuckDbReader } from './duckdb-reader.ts';
import type { DuckDbWriter } from './duckdb-writer.ts';

/** How much may come in before the size is looked at again. */
const BYTES_BETWEEN = 2 ** 25;
const TIME_BETWEEN = 60_000;
/** The share of the spans that goes when the file has grown too large. */
const SHARE = 0.2;
const MAX_ROUNDS = 10;
// A quantile would hold the moments of all spans, in memory that the system does not get back afterwards: there are far fewer moments.
const CUT_STATEMENT = `SELECT min(ms), min(ms) FILTER (so_far >= ${SHARE} * spans) FROM (
  SELECT ms, sum(n) OVER (ORDER BY ms) AS so_far, sum(n) OVER () AS spans FROM (
    SELECT stored_ms AS ms, count(*) AS n FROM spans GROUP BY stored_ms))`;
const TABLES = ['spans', 'parts', 'logs'];

/** Lets the spans that were stored first go, when there are too many or they are too old. */
export class DuckDbRetention {
  readonly #connection: DuckDBConnection;
  readonly #reader: DuckDbReader;
  readonly #writer: DuckDbWriter;
  readonly #file: string;
  readonly #maxBytes: number;
  readonly #maxAge: number;
  readonly #timer: NodeJS.Timeout;
  #unseen = 0;
  #work: Promise<void> | undefined;

  constructor(
    connection: DuckDBConnection,
    reader: DuckDbReader,
    writer: DuckDbWriter,
    { file, maxBytes, maxAge }: { readonly file: string; readonly maxBytes: number; readonly maxAge: number },
  ) {
    this.#connection = connection;
    this.#reader = reader;
    this.#writer = writer;
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#maxAge = maxAge;
    this.#timer = setInterval(() => this.#enforceSoon(), TIME_BETWEEN).unref();
  }

  /** Says that so much has come in. */
  grown(bytes: number): void {
    this.#unseen += bytes;
    if (this.#unseen < Math.min(BYTES_BETWEEN, this.#maxBytes / 4)) return;
    this.#unseen = 0;
    this.#enforceSoon();
  }

  /** What the file and its log hold, in bytes; what was deleted is used again and does not count. */
  async usedBytes(): Promise<number> {
    const [[used] = []] = await this.#reader.rows('SELECT used_blocks * block_size FROM pragma_database_size()');
    const log = await stat(`${this.#file}.wal`).catch(() => undefined);
    return Number(used ?? 0) + (log?.size ?? 0);
  }

  /** Resolves when nothing is being deleted any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#work;
  }

  /** Looks at size and age now. */
  async enforce(): Promise<void> {
    await this.#deleteBefore(Date.now() - this.#maxAge);
    for (let round = 0; round < MAX_ROUNDS && (await this.usedBytes()) > this.#maxBytes; round++) {
      const [[oldest, cut] = []] = await this.#reader.rows(CUT_STATEMENT);
      if (oldest === null || oldest === undefined) return;
      // At least what came first, also where all came at once.
      await this.#deleteBefore(Math.max(Number(oldest), Number(cut)) + 1);
    }
  }

  #enforceSoon(): void {
    // What cannot be deleted now can be later; a full disk says so itself.
    this.#work ??= this.enforce()
      .catch(() => {})
      .finally(() => {
        this.#work = undefined;
      });
  }

  async #deleteBefore(storedMs: number): Promise<void> {
    const before = Math.max(0, Math.trunc(storedMs));
    const [[some] = []] = await this.#reader.rows(`SELECT count(*) FROM spans WHERE stored_ms < ${before}`);
    if (Number(some) === 0) return;
    await this.#writer.exclusively(async () => {
      for (const table of TABLES) await this.#connection.run(`DELETE FROM ${table} WHERE stored_ms < ${before}`);
      await this.#connection.run(`DELETE FROM signatures WHERE to_ms < ${before}`);
      await this.#connection.run('CHECKPOINT');
    });
  }
}
