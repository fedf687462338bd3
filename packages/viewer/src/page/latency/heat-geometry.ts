import type { HeatMap } from '../../api/messages.ts';
import { counted, duration, momentOfMs } from '../shell/format.ts';

/** A part of the heat map as the address has it. */
export type Selection = {
  readonly selectFromMs?: string | undefined;
  readonly selectToMs?: string | undefined;
  readonly minDuration?: string | undefined;
  readonly maxDuration?: string | undefined;
};

/** Cells from one corner to the other, both of them included. Columns count from the left, rows from the top. */
export type Box = { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };

/** A heat map as it is drawn: rows without spans below are left out, and some above are added where there are few. */
export type Grid = {
  readonly map: HeatMap;
  /** Rows of the map, the last one not included. */
  readonly first: number;
  readonly last: number;
  readonly rows: number;
};

const LEAST_ROWS = 12;

export function gridOf(map: HeatMap): Grid {
  // A row without spans at either end, and more of them at both where there are few.
  const lowest = Math.floor((map.cells[0] ?? 0) / map.columns) - 1;
  const missing = Math.max(0, LEAST_ROWS - (map.bounds.length + 1 - lowest));
  const first = Math.max(0, lowest - Math.floor(missing / 2));
  const last = Math.max(map.bounds.length + 1, first + LEAST_ROWS);
  return { map, first, last, rows: last - first };
}

/** The spans that a box is drawn around. */
export function selectionOf({ map, last }: Grid, box: Box): Selection {
  const { fromMs, toMs, columns } = map;
  const { left, right, top, bottom } = edgesOf(box);
  const msAt = (column: number) => fromMs + (column / columns) * lengthOf(map);
  return {
    selectFromMs: `${msAt(left)}`,
    // The last column holds the last span.
    selectToMs: `${right + 1 === columns ? Math.ceil(toMs + 1) : msAt(right + 1)}`,
    minDuration: `${lowerBoundOf(map, last - 1 - bottom)}`,
    maxDuration: `${boundOf(map, last - 1 - top)}`,
  };
}

/** The box around what is selected. */
export function boxOf({ map, first, last, rows: height }: Grid, selection: Selection): Box | undefined {
  const { selectFromMs, selectToMs, minDuration, maxDuration } = selection;
  if (selectFromMs === undefined && minDuration === undefined && maxDuration === undefined) return undefined;
  const { columns, fromMs } = map;
  const column = (ms: string) => Math.round(((Number(ms) - fromMs) / lengthOf(map)) * columns);
  const rows = Array.from({ length: height }, (_, index) => first + index);
  const lowest = rows.find((row) => boundOf(map, row) > Number(minDuration ?? 0)) ?? last - 1;
  const highest = rows.findLast((row) => boundOf(map, row) <= Number(maxDuration ?? Number.POSITIVE_INFINITY)) ?? first;
  return {
    x1: selectFromMs === undefined ? 0 : Math.max(0, column(selectFromMs)),
    x2: selectToMs === undefined ? columns - 1 : Math.min(columns, column(selectToMs)) - 1,
    y1: last - 1 - Math.max(lowest, highest),
    y2: last - 1 - lowest,
  };
}

/** The cell of the slowest spans: what people look at first. */
export function slowestCell({ map, last }: Grid): Box {
  const cell = map.cells.at(-1) ?? 0;
  const [x, y] = [cell % map.columns, last - 1 - Math.floor(cell / map.columns)];
  return { x1: x, y1: y, x2: x, y2: y };
}

/** What is in a box, in words. */
export function readingOf({ map, last }: Grid, box: Box): string {
  const { left, right, top, bottom } = edgesOf(box);
  let spans = 0;
  let errors = 0;
  for (const [index, cell] of map.cells.entries()) {
    const [x, y] = [cell % map.columns, last - 1 - Math.floor(cell / map.columns)];
    if (x < left || x > right || y < top || y > bottom) continue;
    spans += map.counts[index] ?? 0;
    errors += map.errors[index] ?? 0;
  }
  const failed = errors > 0 ? `, ${errors} failed` : '';
  const [shortest, longest] = [lowerBoundOf(map, last - 1 - bottom), boundOf(map, last - 1 - top)];
  const started = momentOfMs(map.fromMs + (left / map.columns) * lengthOf(map));
  return `${counted(spans, 'span')}${failed} of ${duration(shortest)} to ${duration(longest)}, from ${started}`;
}

/** The upper bound of a row. Rows beyond those with spans go on as the others do: four to each power of ten. */
export function boundOf({ bounds }: HeatMap, row: number): number {
  return bounds[row] ?? Math.round((bounds.at(-1) ?? 1e4) * 10 ** ((row - bounds.length + 1) / 4));
}

export function edgesOf({ x1, y1, x2, y2 }: Box) {
  return { left: Math.min(x1, x2), right: Math.max(x1, x2), top: Math.min(y1, y2), bottom: Math.max(y1, y2) };
}

function lowerBoundOf(map: HeatMap, row: number): number {
  return row <= 0 ? 0 : boundOf(map, row - 1);
}

function lengthOf({ fromMs, toMs }: HeatMap): number {
  return Math.max(1, toMs - fromMs);
}
