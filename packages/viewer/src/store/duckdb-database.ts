import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { DamagedFileError, isDamage, isDatabase } from './damaged-file.ts';

/** An open file, with a connection to write and one to read. */
export type Database = {
  readonly writer: DuckDBConnection;
  readonly reader: DuckDBConnection;
  /** The native part, which is loaded only where it is used. */
  readonly duckdb: typeof import('@duckdb/node-api');
  /** What that is made of. */
  readonly bindings: typeof import('@duckdb/node-bindings');
  close(): void;
};

/** There is no build of the database for this platform; another store has to do. */
export class NoDatabaseError extends Error {
  override readonly name = 'NoDatabaseError';
}

/**
 * What the database may hold of its file, and for a query before the rest of that goes to disk. It holds all that was written
 * until this is full; the system keeps what is read often in memory that others can have at any time.
 */
const MEMORY_LIMIT = '256MB';

/**
 * How long the log may become before what is in it goes into the file, in bytes. Each time the file is told anew what is in all of its
 * parts, so that seldom is better the larger it is. What is only in the log takes twice the room, and counts as used.
 */
const LOG_BYTES = { share: 1 / 8, least: 2 ** 26, most: 2 ** 28 };

/** Raised with every change that older viewers cannot read. */
const VERSION = 1;

/** Makes what is missing of the tables. */
export const TABLES_STATEMENT = `
  CREATE TABLE IF NOT EXISTS meta (version INTEGER);
  CREATE TABLE IF NOT EXISTS runs (id INTEGER, started_ms BIGINT);
  CREATE TABLE IF NOT EXISTS sources (id INTEGER, service VARCHAR, attributes VARCHAR, scope VARCHAR, scope_version VARCHAR);
  CREATE TABLE IF NOT EXISTS spans (
    stored_ms BIGINT, run INTEGER, trace_id UHUGEINT, span_id UBIGINT, parent_id UBIGINT, kind UTINYINT, status UTINYINT,
    start_ns UBIGINT, end_ns UBIGINT, duration BIGINT, weight DOUBLE, source INTEGER, service VARCHAR, name VARCHAR,
    message VARCHAR, attributes VARCHAR, extra VARCHAR);
  CREATE TABLE IF NOT EXISTS parts (
    stored_ms BIGINT, run INTEGER, trace_id UHUGEINT, start_ns UBIGINT, end_ns UBIGINT, spans INTEGER, errors INTEGER,
    is_root BOOLEAN, root_start UBIGINT, root_service VARCHAR, root_name VARCHAR, services VARCHAR);
  CREATE TABLE IF NOT EXISTS logs (
    stored_ms BIGINT, trace_id UHUGEINT, time_ns UBIGINT, source INTEGER, record VARCHAR);
  CREATE TABLE IF NOT EXISTS signatures (from_ms BIGINT, to_ms BIGINT, bits BLOB);`;

/**
 * Opens the file of a viewer, or makes it; it is to hold about so many bytes.
 *
 * @throws {NoDatabaseError} where the native part is missing.
 * @throws {DamagedFileError} if it was a viewer's and can no longer be read.
 * @throws {Error} if the file cannot be used, with why and what to do.
 */
export async function openDatabase(file: string, maxBytes = 0): Promise<Database> {
  const { duckdb, bindings } = await native();
  let instance: DuckDBInstance | undefined;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    instance = await duckdb.DuckDBInstance.create(file, {
      threads: '2',
      memory_limit: MEMORY_LIMIT,
      checkpoint_threshold: `${Math.max(LOG_BYTES.least, Math.min(LOG_BYTES.most, Math.trunc(maxBytes * LOG_BYTES.share)))}B`,
      // Nothing that a query could say reaches other files, or the network.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      enable_external_access: 'false',
      lock_configuration: 'true',
    });
    const opened = instance;
    const [writer, reader] = [await opened.connect(), await opened.connect()];
    // Or it would be written to when it is closed, however damaged it is found to be: also later, when it has been moved aside.
    await writer.run('PRAGMA disable_checkpoint_on_shutdown');
    await writer.run(TABLES_STATEMENT);
    await checkLength(file, writer);
    const [[version] = []] = (await writer.runAndReadAll('SELECT version FROM meta')).getRowsJS();
    if (version === undefined) await writer.run(`INSERT INTO meta VALUES (${VERSION})`);
    else if (Number(version) > VERSION) throw new Error('a newer version');
    return {
      writer,
      reader,
      duckdb,
      bindings,
      close() {
        writer.closeSync();
        reader.closeSync();
        opened.closeSync();
      },
    };
  } catch (error) {
    instance?.closeSync();
    throw await openError(file, error);
  }
}

async function native(): Promise<Pick<Database, 'duckdb' | 'bindings'>> {
  try {
    return { duckdb: await import('@duckdb/node-api'), bindings: (await import('@duckdb/node-bindings')).default };
  } catch (cause) {
    throw new NoDatabaseError('There is no DuckDB here: install @duckdb/node-api.', { cause });
  }
}

/** Bytes before the first block. */
const HEADERS = 12_288;

// Parts that are missing at its end may not be read for a long time. Blocks that are free need not be there: a file that was made
// shorter goes on counting them.
async function checkLength(file: string, connection: DuckDBConnection): Promise<void> {
  const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJS();
  const [[total, blockSize] = []] = await ask('SELECT total_blocks, block_size FROM pragma_database_size()');
  const { size } = await stat(file);
  if (size >= HEADERS + Number(total) * Number(blockSize)) return;
  const used = ['SELECT block_id AS last FROM pragma_metadata_info()'];
  for (const [table] of await ask('SELECT table_name FROM duckdb_tables()'))
    used.push(`SELECT greatest(block_id, list_max(additional_block_ids)) FROM pragma_storage_info('${table}')`);
  const [[last] = []] = await ask(`SELECT max(last) FROM (${used.join(' UNION ALL ')})`);
  if (size < HEADERS + (Number(last ?? -1) + 1) * Number(blockSize))
    throw new DamagedFileError(`[viewer] ${file} is damaged: it was cut short.`);
}

async function openError(file: string, cause: unknown): Promise<Error> {
  if (cause instanceof DamagedFileError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const holder = /\(PID (\d+)\)/.exec(text)?.[1];
  if (/could not set lock|being used by another process/i.test(text)) {
    const who = holder === undefined ? 'another process' : `process ${holder}`;
    return new Error(
      `[viewer] ${file} is in use by ${who}. Use that viewer, or choose another \`file\` (THROUGHLINE_VIEWER_FILE).`,
      { cause },
    );
  }
  if (isDamage(cause, file)) {
    if (await isDatabase(file)) return new DamagedFileError(`[viewer] ${file} is damaged.`, { cause });
    return new Error(
      `[viewer] ${file} is damaged, or no file of a viewer. Move it away (and ${file}.wal, if there), or choose another \`file\` (THROUGHLINE_VIEWER_FILE).`,
      { cause },
    );
  }
  if (text === 'a newer version')
    return new Error(
      `[viewer] ${file} is of a newer viewer. Update, or choose another \`file\` (THROUGHLINE_VIEWER_FILE).`,
      { cause },
    );
  return new Error(`[viewer] Cannot open ${file}: ${text}. Choose another \`file\` (THROUGHLINE_VIEWER_FILE).`, {
    cause,
  });
}
