import type { DuckDBBlobVector, DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import type { Attributes, Resource, Scope, Span } from '@throughline/analysis';
import { SPAN_KINDS, SPAN_STATUSES } from '../api/messages.ts';
import { bagFrom, type Extra, hexOf, plain, type Source } from './duckdb-rows.ts';

/** The columns that {@link storedSpans} reads, in its order; attributes as bytes, of which no text is made before it is needed. */
export const SPAN_COLUMNS = `(s.trace_id >> 64)::UBIGINT, (s.trace_id & 18446744073709551615)::UBIGINT, s.span_id, s.parent_id,
  s.kind, s.status, s.start_ns, s.end_ns, s.source, s.name, s.message, encode(s.attributes), s.extra, contains(s.extra, '"links":')`;

const NO_RESOURCE: Resource = { service: '', attributes: Object.freeze(Object.create(null)) };
const NO_EXTRA: Extra = {};
const NOTHING: readonly never[] = Object.freeze([]);
const utf8 = new TextDecoder();

/** The spans of a chunk, the memory of which is kept as long as one of them. */
export function storedSpans(chunk: DuckDBDataChunk, sources: ReadonlyMap<number, Source>): Span[] {
  const columns = columnsOf(chunk);
  const count = chunk.rowCount;
  const [spanIds, parentIds] = [hexColumn(columns.spanId, count), hexColumn(columns.parentId, count)];
  const spans: Span[] = [];
  let [high, low, traceId]: [unknown, unknown, string] = [undefined, undefined, ''];
  for (let row = 0; row < count; row++) {
    // One text for all that are of one trace.
    if (columns.traceLow.getItem(row) !== low || columns.traceHigh.getItem(row) !== high) {
      high = columns.traceHigh.getItem(row);
      low = columns.traceLow.getItem(row);
      traceId = `${hexOf(high, 16)}${hexOf(low, 16)}`;
    }
    const parentSpanId = columns.parentId.getItem(row) === null ? undefined : parentIds(row);
    const source = sources.get(columns.source.getItem(row) as number);
    spans.push(new StoredSpan(columns, row, { traceId, spanId: spanIds(row), parentSpanId }, source));
  }
  return spans;
}

/** The numbers of the sources that the spans of a chunk have. */
export function sourcesOf(chunk: DuckDBDataChunk): Set<number> {
  const { source } = columnsOf(chunk);
  const found = new Set<number>();
  for (let row = 0; row < source.itemCount; row++) found.add(source.getItem(row) as number);
  return found;
}

type Column<Value> = Pick<DuckDBVector, 'itemCount'> & { getItem(row: number): Value | null };
type Columns = ReturnType<typeof columnsOf>;

function columnsOf(chunk: DuckDBDataChunk) {
  const column = <Value>(index: number) => chunk.getColumnVector(index) as Column<Value>;
  return {
    /** What its columns are part of, and end with. */
    chunk,
    traceHigh: column<bigint>(0),
    traceLow: column<bigint>(1),
    spanId: column<bigint>(2),
    parentId: column<bigint>(3),
    kind: column<number>(4),
    status: column<number>(5),
    start: column<bigint>(6),
    end: column<bigint>(7),
    source: column<number>(8),
    name: column<string>(9),
    message: column<string>(10),
    attributes: chunk.getColumnVector(11) as DuckDBBlobVector,
    extra: column<string>(12),
    hasLinks: column<boolean>(13),
  };
}

/** A span, of which attributes, events and the like are read when somebody looks at them: they are no properties of its own. */
class StoredSpan implements Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: Span['kind'];
  readonly status: Span['status'];
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  readonly resource: Resource;
  readonly scope: Scope | undefined;
  readonly #columns: Columns;
  readonly #row: number;
  #attributes: Attributes | undefined;
  #readExtra: Extra | undefined;

  constructor(
    columns: Columns,
    row: number,
    { traceId, spanId, parentSpanId }: Pick<StoredSpan, 'traceId' | 'spanId' | 'parentSpanId'>,
    source: Source | undefined,
  ) {
    this.traceId = traceId;
    this.spanId = spanId;
    this.parentSpanId = parentSpanId;
    this.name = columns.name.getItem(row) ?? '';
    this.kind = SPAN_KINDS[columns.kind.getItem(row) ?? 0] ?? 'internal';
    this.status = SPAN_STATUSES[columns.status.getItem(row) ?? 0] ?? 'unset';
    this.startUnixNano = columns.start.getItem(row) ?? 0n;
    this.endUnixNano = columns.end.getItem(row) ?? 0n;
    this.resource = source?.resource ?? NO_RESOURCE;
    this.scope = source?.scope;
    this.#columns = columns;
    this.#row = row;
  }

  get attributes(): Attributes {
    if (this.#attributes === undefined) {
      const bytes = this.#columns.attributes.getItemBytes(this.#row);
      this.#attributes = bagFrom(bytes === null ? '{}' : utf8.decode(bytes));
    }
    return this.#attributes;
  }

  get statusMessage(): string | undefined {
    return this.#columns.message.getItem(this.#row) ?? undefined;
  }

  get events(): Span['events'] {
    const { events = NOTHING } = this.#extra;
    return events.map(([name, time, attributes]) => ({
      name,
      timeUnixNano: BigInt(time),
      attributes: plain(attributes),
    }));
  }

  get links(): Span['links'] {
    if (this.#columns.hasLinks.getItem(this.#row) !== true) return NOTHING;
    const { links = NOTHING } = this.#extra;
    return links.map(([traceId, spanId, attributes, state]) => ({
      traceId,
      spanId,
      traceState: state ?? undefined,
      attributes: plain(attributes),
    }));
  }

  get traceState(): string | undefined {
    return this.#extra.state;
  }

  get flags(): number | undefined {
    return this.#extra.flags;
  }

  get droppedAttributes(): number | undefined {
    return this.#extra.dropped?.[0] || undefined;
  }

  get droppedEvents(): number | undefined {
    return this.#extra.dropped?.[1] || undefined;
  }

  get droppedLinks(): number | undefined {
    return this.#extra.dropped?.[2] || undefined;
  }

  /** The whole span, with all of it as properties of its own. */
  toJSON(): Span {
    const { traceState, flags, statusMessage, attributes, events, links } = this;
    const { droppedAttributes, droppedEvents, droppedLinks } = this;
    const dropped = { droppedAttributes, droppedEvents, droppedLinks };
    return { ...this, traceState, flags, statusMessage, attributes, events, links, ...dropped };
  }

  get #extra(): Extra {
    if (this.#readExtra === undefined) {
      const text = this.#columns.extra.getItem(this.#row);
      this.#readExtra = text === null ? NO_EXTRA : (JSON.parse(text) as Extra);
    }
    return this.#readExtra;
  }
}

// All at once: the digits of one number at a time would take longer than all else.
function hexColumn(column: Column<bigint>, count: number): (row: number) => string {
  const ids = new BigUint64Array(count);
  for (let row = 0; row < count; row++) ids[row] = column.getItem(row) ?? 0n;
  const digits = Buffer.from(ids.buffer).swap64().toString('hex');
  return (row) => digits.slice(row * 16, row * 16 + 16);
}
