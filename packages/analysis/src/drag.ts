import { addTo } from './collections.ts';
import type { CriticalPath, Interval } from './critical-path.ts';

/** What a request would save, in nanoseconds. */
export type Drag = {
  /** If segments of the path, given by their positions, took no time. */
  readonly of: (positions: readonly number[]) => number;
  /** If all of the path within an interval took no time; O(log n). */
  readonly within: (start: number, end: number) => number;
};

/**
 * What a request would save if parts of its critical path took no time: their length, unless a span that runs beside them
 * would then be waited for instead. Devaux's drag (Total Project Control, 1999), with siblings as the parallel work.
 */
export function dragOf({ segments, parallel }: CriticalPath): Drag {
  const count = segments.length;
  // Where each segment starts and the last one ends: they touch.
  const bounds = new Float64Array(count + 1);
  for (let at = 0; at < count; at += 1) {
    const { start, end } = segments[at] as Interval;
    bounds[at] = start;
    bounds[at + 1] = end;
  }
  // Of each segment the span beside it with the least slack, and the run that it is in: neighbours with the same limit.
  const limits = leastSlack(bounds, parallel);
  const runs = new Int32Array(count);
  // Where each run starts and the last one ends, and what is saved by all before it.
  const starts: number[] = [];
  const saved = [0];
  for (let at = 0; at < count; at += 1) {
    if (at === 0 || limits[at] !== limits[at - 1]) starts.push(at);
    runs[at] = starts.length - 1;
  }
  starts.push(count);
  for (let run = 0; run + 1 < starts.length; run += 1)
    saved.push((saved[run] as number) + inRun(starts[run] as number, starts[run + 1] as number));
  return { of, within };

  function of(positions: readonly number[]): number {
    const lengths = new Map<number, number>();
    let limit = -1;
    let length = 0;
    // Neighbours mostly have one limit, so their lengths are added up before they are put down.
    for (const at of positions) {
      if (limits[at] !== limit) {
        addTo(lengths, limit, length);
        limit = limits[at] as number;
        length = 0;
      }
      length += (bounds[at + 1] as number) - (bounds[at] as number);
    }
    addTo(lengths, limit, length);
    let sum = 0;
    for (const [by, time] of lengths) sum += Math.min(time, parallel[by]?.slack ?? time);
    return sum;
  }

  function within(start: number, end: number): number {
    if (end <= start) return 0;
    const from = firstEndingAfter(bounds, start);
    const after = firstEndingAfter(bounds, end - 1) + 1;
    const first = runs[from] as number;
    const last = runs[after - 1] as number;
    if (first === last) return inRun(from, after);
    const between = (saved[last] as number) - (saved[first + 1] as number);
    return inRun(from, starts[first + 1] as number) + between + inRun(starts[last] as number, after);
  }

  // For segments of one run.
  function inRun(from: number, after: number): number {
    const length = (bounds[after] as number) - (bounds[from] as number);
    return Math.min(length, parallel[limits[from] as number]?.slack ?? length);
  }
}

// Paints the segments with the spans beside them, the one with the least slack first; what is painted is skipped by
// following `next`, so that all takes O(n log n).
function leastSlack(bounds: Float64Array, parallel: CriticalPath['parallel']): Int32Array {
  const count = bounds.length - 1;
  const limits = new Int32Array(count).fill(-1);
  if (parallel.length === 0) return limits;
  const next = Int32Array.from({ length: count + 1 }, (_, at) => at);
  const order = [...parallel.entries()].sort(([a, { slack }], [b, other]) => slack - other.slack || a - b);
  for (const [limit, { start, end }] of order) {
    for (let at = unpainted(firstEndingAfter(bounds, start)); at < count; at = unpainted(at)) {
      if ((bounds[at] as number) >= end) break;
      limits[at] = limit;
      next[at] = at + 1;
    }
  }
  return limits;

  function unpainted(from: number): number {
    let at = from;
    while (next[at] !== at) {
      next[at] = next[next[at] as number] as number;
      at = next[at] as number;
    }
    return at;
  }
}

// The segment, by its position.
function firstEndingAfter(bounds: Float64Array, moment: number): number {
  let low = 0;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle + 1] as number) > moment) high = middle;
    else low = middle + 1;
  }
  return low;
}
