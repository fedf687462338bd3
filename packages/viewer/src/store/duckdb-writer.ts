import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { LogRecord, Resource, Scope, Span } from '@throughline/analysis';
import type { Database } from './duckdb-database.ts';
import { AttributeTexts, jsonOf, recordText } from './duckdb-rows.ts';
import type { DuckDbSignatures } from './duckdb-signatures.ts';
import { SpanChunk } from './duckdb-span-chunk.ts';
import { partsOf } from './trace-part.ts';
import { type Batch, StoreFullError } from './trace-store.ts';

/** Spans in one transaction; more would keep those who wait for theirs waiting. */
const MAX_SPANS = 20_000;
/** Sources that are remembered; of what is forgotten another row is written, which does no harm. */
const MAX_SOURCES = 10_000;

type Waiting = { readonly batch: Batch; readonly resolve: () => void; readonly reject: (error: unknown) => void };

/** Writes batches in the order they come; those that come while one is written go together into the next transaction. */
export class DuckDbWriter {
  run = 0;
  readonly #connection: DuckDBConnection;
  readonly #chunk: SpanChunk;
  readonly #signatures: DuckDbSignatures;
  readonly #texts = new AttributeTexts();
  readonly #sources = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  #nextSource: number;
  #work: Promise<void> | undefined;

  constructor(
    { writer, duckdb, bindings }: Pick<Database, 'writer' | 'duckdb' | 'bindings'>,
    signatures: DuckDbSignatures,
    nextSource: number,
  ) {
    this.#connection = writer;
    this.#chunk = new SpanChunk({ duckdb, bindings });
    this.#signatures = signatures;
    this.#nextSource = nextSource;
  }

  /** Resolves when the batch is on disk; rejects if none of it is. */
  append(batch: Batch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      this.#work ??= this.#writeAll();
    });
  }

  /** Runs something when nothing is being written, before what comes after. */
  async exclusively<T>(action: () => Promise<T>): Promise<T> {
    while (this.#work !== undefined) await this.#work;
    const result = action();
    const done = () => {
      this.#work = this.#waiting.length === 0 ? undefined : this.#writeAll();
    };
    this.#work = result.then(done, done);
    return result;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#write(group.map(({ batch }) => batch));
        for (const { resolve } of group) resolve();
      } catch (error) {
        // A new number for each source: those of this transaction are not there.
        this.#sources.clear();
        for (const { reject } of group) reject(storeError(error));
      }
    }
    this.#work = undefined;
  }

  #nextGroup(): Waiting[] {
    let count = 0;
    let spans = 0;
    while (count < this.#waiting.length && spans < MAX_SPANS) spans += this.#waiting[count++]?.batch.spans.length ?? 0;
    return this.#waiting.splice(0, count);
  }

  async #write(batches: readonly Batch[]): Promise<void> {
    const connection = this.#connection;
    await connection.run('BEGIN');
    const appenders: DuckDBAppender[] = [];
    const appender = async (table: string) => {
      const created = await connection.createAppender(table);
      appenders.push(created);
      return created;
    };
    try {
      const storedMs = this.#signatures.moment();
      const rows = { sources: await appender('sources'), spans: await appender('spans') };
      this.#appendSpans(rows.spans, rows.sources, batches, storedMs);
      this.#appendParts(await appender('parts'), batches, storedMs);
      const logs = batches.flatMap((batch) => batch.logs);
      if (logs.length > 0) this.#appendLogs(await appender('logs'), rows.sources, logs, storedMs);
      if (this.#signatures.isDue) this.#signatures.append(await appender('signatures'));
      for (const open of appenders) open.flushSync();
      for (const open of appenders.splice(0)) open.closeSync();
      await connection.run('COMMIT');
      this.#signatures.committed();
    } catch (error) {
      this.#chunk.clear();
      for (const open of appenders) abandon(open);
      await connection.run('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  #appendSpans(to: DuckDBAppender, sources: DuckDBAppender, batches: readonly Batch[], storedMs: bigint): void {
    const { run } = this;
    for (const { spans } of batches) {
      for (const span of spans) {
        const source = this.#sourceOf(span.resource, span.scope, sources);
        const attributes = this.#texts.of(span.attributes);
        this.#signatures.addSource(source, span.resource);
        this.#signatures.addSpan(span, attributes);
        this.#chunk.add(span, { storedMs, run, source, attributes });
        if (this.#chunk.isFull) this.#chunk.flush(to);
      }
    }
    this.#chunk.flush(to);
  }

  #appendParts(to: DuckDBAppender, batches: readonly Batch[], storedMs: bigint): void {
    function* every(): Generator<Span> {
      for (const { spans } of batches) yield* spans;
    }
    for (const { traceId, start, end, spans, errors, root, services } of partsOf(every())) {
      to.appendBigInt(storedMs);
      to.appendInteger(this.run);
      to.appendUHugeInt(BigInt(`0x${traceId}`));
      to.appendUBigInt(start);
      to.appendUBigInt(end);
      to.appendInteger(spans);
      to.appendInteger(errors);
      to.appendBoolean(root.parentSpanId === undefined);
      to.appendUBigInt(root.startUnixNano);
      to.appendVarchar(root.resource.service);
      to.appendVarchar(root.name);
      to.appendVarchar(JSON.stringify(Array.from(services, ([name, count]) => [name, count.spans, count.errors])));
      to.endRow();
    }
  }

  #appendLogs(to: DuckDBAppender, sources: DuckDBAppender, logs: readonly LogRecord[], storedMs: bigint): void {
    for (const log of logs) {
      // Nobody would find it.
      if (log.traceId === undefined) continue;
      to.appendBigInt(storedMs);
      to.appendUHugeInt(BigInt(`0x${log.traceId}`));
      to.appendUBigInt(log.timeUnixNano);
      to.appendInteger(this.#sourceOf(log.resource, log.scope, sources));
      to.appendVarchar(recordText(log));
      to.endRow();
    }
  }

  #lastResource: Resource | undefined;
  #lastScope: Scope | undefined;
  #lastSource = 0;

  #sourceOf(resource: Resource, scope: Scope | undefined, to: DuckDBAppender): number {
    // Spans of one source come in runs.
    if (resource === this.#lastResource && scope === this.#lastScope && this.#sources.size > 0) return this.#lastSource;
    const attributes = jsonOf(resource.attributes);
    const key = JSON.stringify([attributes, scope?.name, scope?.version]);
    let id = this.#sources.get(key);
    if (id === undefined) {
      id = this.#nextSource++;
      if (this.#sources.size >= MAX_SOURCES) this.#sources.clear();
      this.#sources.set(key, id);
      to.appendInteger(id);
      to.appendVarchar(resource.service);
      to.appendVarchar(attributes);
      to.appendVarchar(scope?.name ?? '');
      to.appendVarchar(scope?.version ?? '');
      to.endRow();
    }
    this.#lastResource = resource;
    this.#lastScope = scope;
    this.#lastSource = id;
    return id;
  }
}

function abandon(appender: DuckDBAppender): void {
  try {
    appender.clear();
    appender.closeSync();
  } catch {
    // What it held is rolled back.
  }
}

function storeError(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  return /no space left|disk|quota|could not write/i.test(text)
    ? new StoreFullError('The disk of the viewer is full.', { cause: error })
    : new Error(`The viewer's file cannot be written: ${text}`, { cause: error });
}
