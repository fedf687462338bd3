import type { TraceModel } from './trace-model.ts';

/** What of a trace is shown. Spans by index. */
export type Shown = {
  /** Only this span and what is below it. */
  readonly focus: number | undefined;
  /** Spans whose children are put away. */
  readonly closed: ReadonlySet<number>;
  /** Folds that are open, by their first span. */
  readonly opened: ReadonlySet<number>;
  /** How many log records to show under each span. */
  readonly logs: ReadonlyMap<number, number> | undefined;
};

/** A row is a span, a fold by its first span, or a log record of a span. */
const SPAN_ROW = -1;
export const FOLD_ROW = -2;

/** All rows of the waterfall, column by column. */
export type Rows = {
  readonly count: number;
  readonly span: Int32Array;
  readonly level: Int32Array;
  /** {@link SPAN_ROW}, {@link FOLD_ROW}, or which log record of the span. */
  readonly what: Int32Array;
  /** Row of a span that is shown; -1 for others. */
  readonly rowOf: Int32Array;
};

/** The rows, top to bottom. No recursion: traces can be as deep as they have spans. */
export function rowsOf(model: TraceModel, { focus, closed, opened, logs }: Shown): Rows {
  let logCount = 0;
  if (logs !== undefined) for (const records of logs.values()) logCount += records;
  const most = model.spanCount + model.folds.length + logCount;
  const span = new Int32Array(most);
  const level = new Int32Array(most);
  const what = new Int32Array(most);
  const rowOf = new Int32Array(model.spanCount).fill(-1);
  let count = 0;
  const add = (index: number, depth: number, kind: number) => {
    span[count] = index;
    level[count] = depth;
    what[count] = kind;
    if (kind === SPAN_ROW) rowOf[index] = count;
    count++;
  };
  // Spans to come, the next one last, with their depth and whether their fold has been dealt with.
  const stack: number[] = [];
  const push = (siblings: readonly number[], depth: number) => {
    for (let index = siblings.length - 1; index >= 0; index--) stack.push(siblings[index] as number, depth, 0);
  };
  if (focus === undefined) push(model.roots, 0);
  else stack.push(focus, 0, 1);
  while (stack.length > 0) {
    const isUnfolded = stack.pop() === 1;
    const depth = stack.pop() as number;
    const index = stack.pop() as number;
    const fold = isUnfolded ? undefined : model.folds[model.foldOf[index] ?? -1];
    if (fold !== undefined) {
      if (fold.spans[0] !== index) continue;
      add(index, depth, FOLD_ROW);
      if (opened.has(index)) {
        for (let member = fold.spans.length - 1; member >= 0; member--)
          stack.push(fold.spans[member] as number, depth + 1, 1);
      }
      continue;
    }
    add(index, depth, SPAN_ROW);
    const records = logs?.get(index) ?? 0;
    for (let record = 0; record < records; record++) add(index, depth + 1, record);
    const below = model.children[index];
    if (below !== undefined && !closed.has(index)) push(below, depth + 1);
  }
  return { count, span, level, what, rowOf };
}

/** What has to be opened for a span to have a row, and whether it is outside of the focus. */
export function revealing(model: TraceModel, span: number, { focus, closed, opened }: Shown) {
  const stillClosed = new Set(closed);
  const nowOpened = new Set(opened);
  let isOutside = focus !== undefined;
  for (let index = span; index !== -1; index = model.columns.parents[index] ?? -1) {
    if (index !== span) stillClosed.delete(index);
    if (index === focus) {
      isOutside = false;
      break;
    }
    const fold = model.folds[model.foldOf[index] ?? -1];
    if (fold !== undefined) nowOpened.add(fold.spans[0] as number);
  }
  return { closed: stillClosed, opened: nowOpened, isOutside };
}
