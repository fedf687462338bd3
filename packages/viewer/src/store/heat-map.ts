import type { Span } from '@throughline/analysis';
import type { HeatMap } from '../api/messages.ts';
import { durationOf } from '../query/matcher.ts';

/** Rows from 10 µs up, four to each power of ten. */
export const FIRST_BOUND = 1e4;
export const ROWS_PER_DECADE = 4;
export const MAX_ROWS = 48;

/** The row of a duration in nanoseconds. */
function rowOf(duration: number): number {
  if (duration <= FIRST_BOUND) return 0;
  return Math.min(MAX_ROWS - 1, Math.ceil(Math.log10(duration / FIRST_BOUND) * ROWS_PER_DECADE));
}

/** The upper bound of a row. */
function boundOf(row: number): number {
  return Math.round(FIRST_BOUND * 10 ** (row / ROWS_PER_DECADE));
}

/** Counts spans by when they started and how long they took. The times default to those of the first and last span. */
export function heatMapOf(
  spans: readonly Span[],
  { fromMs, toMs }: { readonly fromMs?: number; readonly toMs?: number },
  columns: number,
): HeatMap {
  const starts = spans.map(({ startUnixNano }) => Number(startUnixNano) / 1e6);
  const from = fromMs ?? starts.reduce((first, start) => Math.min(first, start), starts[0] ?? 0);
  const to = toMs ?? starts.reduce((last, start) => Math.max(last, start), from);
  const cells = new Map<number, { count: number; errors: number }>();
  for (const [index, span] of spans.entries()) {
    const column = columnOf(starts[index] ?? 0, from, to, columns);
    const key = rowOf(durationOf(span)) * columns + column;
    const cell = cells.get(key) ?? { count: 0, errors: 0 };
    cell.count += 1;
    if (span.status === 'error') cell.errors += 1;
    cells.set(key, cell);
  }
  return heatMapFrom(
    Array.from(cells, ([cell, { count, errors }]) => ({ cell, count, errors })),
    from,
    to,
    columns,
  );
}

/** Makes the map of cells that were counted already. */
export function heatMapFrom(
  cells: readonly { readonly cell: number; readonly count: number; readonly errors: number }[],
  fromMs: number,
  toMs: number,
  columns: number,
): HeatMap {
  const sorted = [...cells].sort((a, b) => a.cell - b.cell);
  const rows = Math.floor((sorted.at(-1)?.cell ?? -1) / columns) + 1;
  return {
    fromMs,
    toMs,
    columns,
    bounds: Array.from({ length: rows }, (_, row) => boundOf(row)),
    cells: sorted.map(({ cell }) => cell),
    counts: sorted.map(({ count }) => count),
    errors: sorted.map(({ errors }) => errors),
    spans: sorted.reduce((sum, { count }) => sum + count, 0),
  };
}

function columnOf(startMs: number, fromMs: number, toMs: number, columns: number): number {
  if (toMs <= fromMs) return 0;
  return Math.max(0, Math.min(columns - 1, Math.floor(((startMs - fromMs) / (toMs - fromMs)) * columns)));
}
