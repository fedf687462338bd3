import { PackedNumbers } from './packed-numbers.ts';
import { SpanIds } from './span-ids.ts';
import { SPAN_KINDS, SPAN_STATUSES, type TraceColumns } from './trace-messages.ts';

/** What is no column, and what the columns are of. */
type Head = Omit<TraceColumns, Column> & {
  readonly spanCount: number;
  readonly pathLength: number;
  /** The services, names, kinds and statuses that spans have together, by their indexes. */
  readonly sorts: readonly Sort[];
  /** Ids that do not fit into eight bytes. */
  readonly oddIds: readonly (readonly [span: number, id: string])[];
};

type Column = 'spanIds' | 'parents' | (typeof SORT)[number] | 'start' | 'durations' | 'selfTime' | 'criticalPath';
type Sort = readonly [service: number, name: number, kind: number, status: number];

const SORT = ['service', 'name', 'kind', 'status'] as const;
const HEAD_LENGTH = 4;
const ID_BYTES = 8;

/**
 * The columns of a trace as bytes, less than half of their JSON: how long the head is; the head, in JSON; the ids; then the
 * numbers of each column in turn.
 */
export function packTrace(columns: TraceColumns): Uint8Array {
  const { spanIds, parents, service, name, kind, status, start, durations, selfTime, criticalPath, ...rest } = columns;
  const numbers = new PackedNumbers();
  const sorts: Sort[] = [];
  const indexes = new Map<number, number>();
  for (let span = 0; span < spanIds.length; span++) {
    const operation = (service[span] as number) * columns.names.length + (name[span] as number);
    const key =
      (operation * SPAN_KINDS.length + (kind[span] as number)) * SPAN_STATUSES.length + (status[span] as number);
    let index = indexes.get(key);
    if (index === undefined) {
      index = sorts.push([service, name, kind, status].map((column) => column[span]) as unknown as Sort) - 1;
      indexes.set(key, index);
    }
    numbers.add(index);
  }
  // A parent is before its children, mostly right before; 0 is none.
  for (let span = 0; span < spanIds.length; span++) {
    const parent = parents[span] as number;
    numbers.add(parent === -1 ? 0 : span - parent);
  }
  for (const time of start) numbers.add(time);
  for (const time of durations) numbers.add(time);
  // The time in children, of which most spans have none.
  for (let span = 0; span < spanIds.length; span++)
    numbers.add((durations[span] as number) - (selfTime[span] as number));
  for (const column of [criticalPath.span, criticalPath.start, criticalPath.end])
    for (const number of column) numbers.add(number);
  const head: Head = {
    ...rest,
    spanCount: spanIds.length,
    pathLength: criticalPath.span.length,
    sorts,
    oddIds: [...spanIds.odd],
  };
  return joined(new TextEncoder().encode(JSON.stringify(head)), spanIds.toBytes(), numbers.bytes());
}

/** The columns that were packed. */
export function unpackTrace(packed: ArrayBuffer): TraceColumns {
  const ids = HEAD_LENGTH + new DataView(packed).getUint32(0);
  const head: Head = JSON.parse(new TextDecoder().decode(new Uint8Array(packed, HEAD_LENGTH, ids - HEAD_LENGTH)));
  const { spanCount, pathLength, sorts, oddIds, ...rest } = head;
  const numbers = new PackedNumbers(new Uint8Array(packed, ids + spanCount * ID_BYTES));
  const sort = numbers.next(new Int32Array(spanCount));
  const parents = numbers.next(new Int32Array(spanCount));
  for (let span = 0; span < spanCount; span++)
    parents[span] = parents[span] === 0 ? -1 : span - (parents[span] as number);
  const start = numbers.next(new Float64Array(spanCount));
  const durations = numbers.next(new Float64Array(spanCount));
  const selfTime = numbers.next(new Float64Array(spanCount));
  for (let span = 0; span < spanCount; span++)
    selfTime[span] = (durations[span] as number) - (selfTime[span] as number);
  const [service, name, kind, status] = SORT.map((_, part) => sort.map((index) => sorts[index]?.[part] ?? 0)) as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const criticalPath = {
    span: numbers.next(new Int32Array(pathLength)),
    start: numbers.next(new Float64Array(pathLength)),
    end: numbers.next(new Float64Array(pathLength)),
  };
  const spanIds = SpanIds.from(packed.slice(ids, ids + spanCount * ID_BYTES), oddIds);
  return { ...rest, spanIds, parents, service, name, kind, status, start, durations, selfTime, criticalPath };
}

function joined(head: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, HEAD_LENGTH + head.length);
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, head.length);
  let at = HEAD_LENGTH;
  for (const part of [head, ...parts]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
