import type { TraceColumns } from '../../api/messages.ts';

/** Siblings of one service and name are folded from this many on. */
const FOLD_FROM = 5;
const FAILED = 2;

/** Repeated siblings, shown as one row until they are opened. */
export type Fold = {
  readonly spans: readonly number[];
  readonly errors: number;
  readonly time: number;
  readonly selfTime: number;
  /** Whether the critical path leads through one of them. */
  readonly isCritical: boolean;
};

/** A trace as the views of it need it: all spans by index, in typed arrays where they are looked at often. */
export type TraceModel = {
  readonly columns: TraceColumns;
  readonly spanCount: number;
  readonly roots: readonly number[];
  /** Undefined for a span without children. */
  readonly children: readonly (readonly number[] | undefined)[];
  readonly depth: Int32Array;
  /** The fold a span is in, or -1. */
  readonly foldOf: Int32Array;
  readonly folds: readonly Fold[];
  /** The latest end in the subtree of a span. */
  readonly subtreeEnd: Float64Array;
  /** How many failed in the subtree of a span, itself included. */
  readonly subtreeErrors: Int32Array;
  /** Failed spans, ascending. */
  readonly errors: readonly number[];
  /** The parts of the critical path that are a span's own. */
  readonly critical: ReadonlyMap<number, readonly (readonly [start: number, end: number])[]>;
  readonly asynchronous: ReadonlySet<number>;
  readonly longestSelfTime: number;
};

/** Makes a model of what the server sent; linear in the number of spans. */
export function traceModel(columns: TraceColumns): TraceModel {
  const spanCount = columns.spanIds.length;
  const children: (number[] | undefined)[] = new Array(spanCount).fill(undefined);
  const depth = new Int32Array(spanCount);
  const subtreeEnd = new Float64Array(spanCount);
  const subtreeErrors = new Int32Array(spanCount);
  const roots: number[] = [];
  const errors: number[] = [];
  let longestSelfTime = 0;
  for (let span = 0; span < spanCount; span++) {
    const parent = at(columns.parents, span);
    if (parent === -1) roots.push(span);
    else {
      depth[span] = (depth[parent] ?? 0) + 1;
      const siblings = children[parent];
      if (siblings === undefined) children[parent] = [span];
      else siblings.push(span);
    }
    subtreeEnd[span] = at(columns.start, span) + at(columns.durations, span);
    if (columns.status[span] === FAILED) {
      errors.push(span);
      subtreeErrors[span] = 1;
    }
    longestSelfTime = Math.max(longestSelfTime, at(columns.selfTime, span));
  }
  // Parents come before their children, so from the end every subtree is complete when it is added.
  for (let span = spanCount - 1; span >= 0; span--) {
    const parent = at(columns.parents, span);
    if (parent === -1) continue;
    subtreeErrors[parent] = (subtreeErrors[parent] ?? 0) + (subtreeErrors[span] ?? 0);
    subtreeEnd[parent] = Math.max(subtreeEnd[parent] ?? 0, subtreeEnd[span] ?? 0);
  }
  const critical = segmentsBySpan(columns);
  const foldOf = new Int32Array(spanCount).fill(-1);
  const folds: Fold[] = [];
  for (const siblings of [roots, ...children]) {
    if (siblings !== undefined && siblings.length >= FOLD_FROM)
      foldSiblings(columns, critical, siblings, foldOf, folds);
  }
  return {
    columns,
    spanCount,
    roots,
    children,
    depth,
    foldOf,
    folds,
    subtreeEnd,
    subtreeErrors,
    errors,
    critical,
    asynchronous: new Set(columns.asynchronous),
    longestSelfTime,
  };
}

/** A number of a column. Past its end there is none, and the trace is drawn without. */
export function at(column: ArrayLike<number>, index: number): number {
  return column[index] ?? 0;
}

export function serviceOf({ columns }: TraceModel, span: number): string {
  return columns.services[at(columns.service, span)] ?? '';
}

export function nameOf({ columns }: TraceModel, span: number): string {
  return columns.names[at(columns.name, span)] ?? '';
}

export function isFailed({ columns }: TraceModel, span: number): boolean {
  return columns.status[span] === FAILED;
}

function foldSiblings(
  columns: TraceColumns,
  critical: TraceModel['critical'],
  siblings: readonly number[],
  foldOf: Int32Array,
  folds: Fold[],
): void {
  const bySort = new Map<string, number[]>();
  for (const span of siblings) {
    const sort = `${columns.service[span]} ${columns.name[span]} ${columns.kind[span]}`;
    const same = bySort.get(sort);
    if (same === undefined) bySort.set(sort, [span]);
    else same.push(span);
  }
  for (const spans of bySort.values()) {
    if (spans.length < FOLD_FROM) continue;
    let errors = 0;
    let time = 0;
    let selfTime = 0;
    for (const span of spans) {
      foldOf[span] = folds.length;
      if (columns.status[span] === FAILED) errors++;
      time += at(columns.durations, span);
      selfTime += at(columns.selfTime, span);
    }
    folds.push({ spans, errors, time, selfTime, isCritical: spans.some((span) => critical.has(span)) });
  }
}

function segmentsBySpan({ criticalPath }: TraceColumns): Map<number, [number, number][]> {
  const segments = new Map<number, [number, number][]>();
  for (const [index, span] of criticalPath.span.entries()) {
    const segment: [number, number] = [at(criticalPath.start, index), at(criticalPath.end, index)];
    const own = segments.get(span);
    if (own === undefined) segments.set(span, [segment]);
    else own.push(segment);
  }
  return segments;
}
