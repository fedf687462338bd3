import type { DuckDBBlobVector, DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import type { Attributes, Resource, Scope, Span } from '@throughline/analysis';
import { SPAN_KINDS, SPAN_STATUSES } from '../api/messages.ts';
import { bagFrom, type Extra, plain, type Source } from './duckdb-rows.ts';

/**
 * The columns that {@link storedSpans} reads, in its order: ids in words of 32 bits, which need no big integers; attributes as bytes,
 * of which no text is made before it is needed; of a name its place among those that stand for `names`, from 1 on, and only of
 * others the text, as each text is fetched by itself.
 */
export function spanColumns(names: readonly string[]): string {
  const name = names.length === 0 ? '0' : `coalesce(list_position([${names.join(', ')}], s.name), 0)`;
  return `${words('s.trace_id', 4)}, ${words('s.span_id', 2)}, ${words('coalesce(s.parent_id, 0)', 2)},
    s.kind, s.status, s.start_ns, s.end_ns, s.source, ${name}::INTEGER AS place, CASE WHEN place = 0 THEN s.name END,
    s.message, encode(s.attributes), s.extra, coalesce(contains(s.extra, '"links":'), false)`;
}

const NO_RESOURCE: Resource = { service: '', attributes: Object.freeze(Object.create(null)) };
const NO_EXTRA: Extra = {};
const NO_ID = '0'.repeat(16);
const NOTHING: readonly never[] = Object.freeze([]);
const utf8 = new TextDecoder();

/** Adds the spans of a chunk, the memory of which is kept as long as one of them. `names` are those of {@link spanColumns}. */
export function addStoredSpans(
  spans: Span[],
  chunk: DuckDBDataChunk,
  sources: ReadonlyMap<number, Source>,
  names: readonly string[],
): void {
  const rows = new Rows(chunk, sources, names);
  // The chunk asks the database each time.
  const count = chunk.rowCount;
  const digits = hexDigits(chunk, 0, 4);
  let traceId = '';
  for (let row = 0; row < count; row++) {
    // One text for all that are of one trace.
    if (traceId === '' || !digits.startsWith(traceId, row * 32)) traceId = digits.slice(row * 32, row * 32 + 32);
    spans.push(new StoredSpan(rows, row, traceId));
  }
}

/** Adds the numbers of the sources that the spans of a chunk have. */
export function addSources(found: Set<number>, chunk: DuckDBDataChunk): void {
  const column = chunk.getColumnVector(SOURCE) as Column<number>;
  const count = column.itemCount;
  for (let row = 0; row < count; row++) found.add(column.getItem(row) as number);
}

type Column<Value> = Pick<DuckDBVector, 'itemCount'> & { getItem(row: number): Value | null };

const SOURCE = 12;

/** What the spans of a chunk read themselves from. */
class Rows {
  readonly spanIds: string;
  readonly parentIds: string;
  readonly kind: Column<number>;
  readonly status: Column<number>;
  readonly start: Column<bigint>;
  readonly end: Column<bigint>;
  readonly sources: (Source | undefined)[] = [];
  readonly names: string[] = [];
  readonly message: Column<string>;
  readonly attributes: DuckDBBlobVector;
  readonly extra: Column<string>;
  readonly hasLinks: Column<boolean>;
  /** What its columns are part of, and end with. */
  readonly chunk: DuckDBDataChunk;

  constructor(chunk: DuckDBDataChunk, sources: ReadonlyMap<number, Source>, names: readonly string[]) {
    const column = <Value>(index: number) => chunk.getColumnVector(index) as Column<Value>;
    this.chunk = chunk;
    this.spanIds = hexDigits(chunk, 4, 2);
    this.parentIds = hexDigits(chunk, 6, 2);
    this.kind = column(8);
    this.status = column(9);
    this.start = column(10);
    this.end = column(11);
    this.message = column(15);
    this.attributes = chunk.getColumnVector(16) as DuckDBBlobVector;
    this.extra = column(17);
    this.hasLinks = column(18);
    const [source, place, name] = [column<number>(SOURCE), column<number>(13), column<string>(14)];
    const count = source.itemCount;
    for (let row = 0; row < count; row++) {
      this.sources.push(sources.get(source.getItem(row) as number));
      this.names.push(names[(place.getItem(row) ?? 0) - 1] ?? name.getItem(row) ?? '');
    }
  }
}

/** A span that reads itself from its row when somebody looks: what it has are no properties of its own. */
class StoredSpan implements Span {
  readonly #rows: Rows;
  readonly #row: number;
  readonly #traceId: string;
  #attributes: Attributes | undefined;
  #readExtra: Extra | undefined;

  constructor(rows: Rows, row: number, traceId: string) {
    this.#rows = rows;
    this.#row = row;
    this.#traceId = traceId;
  }

  get traceId(): string {
    return this.#traceId;
  }

  get spanId(): string {
    const at = this.#row * 16;
    return this.#rows.spanIds.slice(at, at + 16);
  }

  get parentSpanId(): string | undefined {
    const at = this.#row * 16;
    return this.#rows.parentIds.startsWith(NO_ID, at) ? undefined : this.#rows.parentIds.slice(at, at + 16);
  }

  get name(): string {
    return this.#rows.names[this.#row] ?? '';
  }

  get kind(): Span['kind'] {
    return SPAN_KINDS[this.#rows.kind.getItem(this.#row) ?? 0] ?? 'internal';
  }

  get status(): Span['status'] {
    return SPAN_STATUSES[this.#rows.status.getItem(this.#row) ?? 0] ?? 'unset';
  }

  get startUnixNano(): bigint {
    return this.#rows.start.getItem(this.#row) ?? 0n;
  }

  get endUnixNano(): bigint {
    return this.#rows.end.getItem(this.#row) ?? 0n;
  }

  get resource(): Resource {
    return this.#rows.sources[this.#row]?.resource ?? NO_RESOURCE;
  }

  get scope(): Scope | undefined {
    return this.#rows.sources[this.#row]?.scope;
  }

  get attributes(): Attributes {
    if (this.#attributes === undefined) {
      const bytes = this.#rows.attributes.getItemBytes(this.#row);
      this.#attributes = bagFrom(bytes === null ? '{}' : utf8.decode(bytes));
    }
    return this.#attributes;
  }

  get statusMessage(): string | undefined {
    return this.#rows.message.getItem(this.#row) ?? undefined;
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
    if (this.#rows.hasLinks.getItem(this.#row) !== true) return NOTHING;
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
    const { traceId, spanId, parentSpanId, traceState, flags, name, kind, startUnixNano, endUnixNano } = this;
    const { status, statusMessage, attributes, events, links, resource, scope } = this;
    const { droppedAttributes, droppedEvents, droppedLinks } = this;
    return {
      ...{ traceId, spanId, parentSpanId, traceState, flags, name, kind, startUnixNano, endUnixNano },
      ...{ status, statusMessage, attributes, events, links, resource, scope },
      ...{ droppedAttributes, droppedEvents, droppedLinks },
    };
  }

  get #extra(): Extra {
    if (this.#readExtra === undefined) {
      const text = this.#rows.extra.getItem(this.#row);
      this.#readExtra = text === null ? NO_EXTRA : (JSON.parse(text) as Extra);
    }
    return this.#readExtra;
  }
}

// All at once: the digits of one number at a time would take longer than all else.
function hexDigits(chunk: DuckDBDataChunk, first: number, count: number): string {
  const rows = chunk.rowCount;
  const numbers = new Uint32Array(rows * count);
  for (let word = 0; word < count; word++) {
    const column = chunk.getColumnVector(first + word) as Column<number>;
    for (let row = 0; row < rows; row++) numbers[row * count + word] = column.getItem(row) ?? 0;
  }
  return Buffer.from(numbers.buffer).swap32().toString('hex');
}

// The highest first.
function words(id: string, count: number): string {
  const shifted = Array.from({ length: count }, (_, word) => `${id} >> ${32 * (count - 1 - word)}`);
  return shifted.map((number) => `((${number}) & 4294967295)::UINTEGER`).join(', ');
}
