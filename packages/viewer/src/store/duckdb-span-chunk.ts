import type { DuckDBAppender, DuckDBDataChunk } from '@duckdb/node-api';
import type { Span } from '@throughline/analysis';
import { adjustedCount } from '@throughline/analysis';
import { wordAt } from '../api/hex-words.ts';
import { SPAN_KINDS, SPAN_STATUSES } from '../api/messages.ts';
import { durationOf } from '../query/matcher.ts';
import type { Database } from './duckdb-database.ts';
import { extraOf } from './duckdb-rows.ts';

/** Rows that a chunk of the database holds. */
const ROWS = 2048;
const NANOSECONDS_OF_A_CENTURY = 3_155_760_000_000_000_000n;

/** What a row says beside its span; `attributes` are as `jsonOf` writes them. */
export type RowFacts = {
  readonly storedMs: bigint;
  readonly run: number;
  readonly source: number;
  readonly attributes: string;
};

/**
 * A chunk of rows of the table of spans, filled again and again. Each column is written into an array and copied at once: a value at a
 * time, ids as big integers and a check of what is null would take as long as all else.
 */
export class SpanChunk {
  readonly #chunk: DuckDBDataChunk;
  readonly #bindings: Database['bindings'];
  readonly #storedMs = new BigInt64Array(ROWS);
  readonly #runs = new Int32Array(ROWS);
  readonly #traceIds = new Uint32Array(ROWS * 4);
  readonly #spanIds = new Uint32Array(ROWS * 2);
  readonly #parentIds = new Uint32Array(ROWS * 2);
  readonly #kinds = new Uint8Array(ROWS);
  readonly #statuses = new Uint8Array(ROWS);
  readonly #starts = new BigUint64Array(ROWS);
  readonly #ends = new BigUint64Array(ROWS);
  readonly #durations = new BigInt64Array(ROWS);
  readonly #weights = new Float64Array(ROWS);
  readonly #sources = new Int32Array(ROWS);
  readonly #parents = new Presence();
  readonly #messages = new Presence();
  readonly #extras = new Presence();
  // In the order of the columns.
  readonly #numbers = [
    ...[this.#storedMs, this.#runs, this.#traceIds, this.#spanIds, this.#parentIds, this.#kinds, this.#statuses],
    ...[this.#starts, this.#ends, this.#durations, this.#weights, this.#sources],
  ];
  #texts: Texts;
  #count = 0;

  constructor({ duckdb, bindings }: Pick<Database, 'duckdb' | 'bindings'>) {
    const { BIGINT, DOUBLE, INTEGER, UBIGINT, UHUGEINT, UTINYINT, VARCHAR } = duckdb;
    const ids = [UHUGEINT, UBIGINT, UBIGINT];
    const figures = [UTINYINT, UTINYINT, UBIGINT, UBIGINT, BIGINT, DOUBLE, INTEGER];
    const texts = [VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR];
    this.#chunk = duckdb.DuckDBDataChunk.create([BIGINT, INTEGER, ...ids, ...figures, ...texts]);
    this.#bindings = bindings;
    this.#texts = this.#emptyTexts();
  }

  /** Whether it has to be flushed before another row. */
  get isFull(): boolean {
    return this.#count === ROWS;
  }

  add(span: Span, { storedMs, run, source, attributes }: RowFacts): void {
    const { traceId, spanId, parentSpanId, startUnixNano, endUnixNano, statusMessage } = span;
    const row = this.#count++;
    this.#storedMs[row] = storedMs;
    this.#runs[row] = run;
    // The lowest word first, as the database has its numbers where it runs.
    for (let word = 0; word < 4; word++) this.#traceIds[row * 4 + word] = wordAt(traceId, 24 - word * 8);
    this.#spanIds[row * 2] = wordAt(spanId, 8);
    this.#spanIds[row * 2 + 1] = wordAt(spanId, 0);
    this.#parents.set(row, parentSpanId !== undefined);
    if (parentSpanId !== undefined) {
      this.#parentIds[row * 2] = wordAt(parentSpanId, 8);
      this.#parentIds[row * 2 + 1] = wordAt(parentSpanId, 0);
    }
    this.#kinds[row] = SPAN_KINDS.indexOf(span.kind);
    this.#statuses[row] = SPAN_STATUSES.indexOf(span.status);
    this.#starts[row] = startUnixNano;
    this.#ends[row] = endUnixNano;
    const duration = durationOf(span);
    this.#durations[row] = duration > Number(NANOSECONDS_OF_A_CENTURY) ? NANOSECONDS_OF_A_CENTURY : BigInt(duration);
    this.#weights[row] = adjustedCount(span);
    this.#sources[row] = source;
    const { service, name, message, attributes: json, extra } = this.#texts;
    const bindings = this.#bindings;
    bindings.vector_assign_string_element(service, row, span.resource.service);
    bindings.vector_assign_string_element(name, row, span.name);
    this.#messages.set(row, statusMessage !== undefined);
    if (statusMessage !== undefined) bindings.vector_assign_string_element(message, row, statusMessage);
    bindings.vector_assign_string_element(json, row, attributes);
    const more = extraOf(span);
    this.#extras.set(row, more !== undefined);
    if (more !== undefined) bindings.vector_assign_string_element(extra, row, more);
  }

  /** Hands the rows to an appender of the table of spans, and is empty. */
  flush(to: DuckDBAppender): void {
    if (this.#count === 0) return;
    const { chunk } = this.#chunk;
    const bindings = this.#bindings;
    for (const [column, numbers] of this.#numbers.entries()) {
      const bytes = (numbers.byteLength / ROWS) * this.#count;
      const vector = bindings.data_chunk_get_vector(chunk, column);
      bindings.copy_data_to_vector(vector, 0, numbers.buffer as ArrayBuffer, 0, bytes);
      if (numbers === this.#parentIds) this.#parents.copy(bindings, vector);
    }
    this.#messages.copy(bindings, this.#texts.message);
    this.#extras.copy(bindings, this.#texts.extra);
    this.#chunk.rowCount = this.#count;
    try {
      to.appendDataChunk(this.#chunk);
    } finally {
      this.clear();
    }
  }

  /** Forgets the rows that were not flushed. */
  clear(): void {
    this.#chunk.reset();
    this.#count = 0;
    this.#texts = this.#emptyTexts();
  }

  #emptyTexts() {
    const vector = (place: number) =>
      this.#bindings.data_chunk_get_vector(this.#chunk.chunk, this.#numbers.length + place);
    return { service: vector(0), name: vector(1), message: vector(2), attributes: vector(3), extra: vector(4) };
  }
}

type Vector = ReturnType<Database['bindings']['data_chunk_get_vector']>;
type Texts = { readonly [Name in 'service' | 'name' | 'message' | 'attributes' | 'extra']: Vector };

/** Which rows of a column have a value: a bit for each. */
class Presence {
  readonly #bits = new Uint8Array(ROWS / 8);

  set(row: number, isThere: boolean): void {
    const bit = 1 << (row & 7);
    const bits = this.#bits[row >> 3] as number;
    this.#bits[row >> 3] = isThere ? bits | bit : bits & ~bit;
  }

  copy(bindings: Database['bindings'], vector: Vector): void {
    bindings.vector_ensure_validity_writable(vector);
    bindings.copy_data_to_vector_validity(vector, 0, this.#bits.buffer, 0, this.#bits.byteLength);
  }
}
