import type { CriticalPath } from './critical-path.ts';

/**
 * What a request would save if parts of its critical path took no time: their length, unless a span that runs beside them
 * would then be waited for instead. Devaux's drag (Total Project Control, 1999), with siblings as the parallel work.
 */
export class Drag {
  readonly #path: CriticalPath;
  /** Of each segment the span beside it with the least slack. */
  readonly #limits: Int32Array;

  constructor(path: CriticalPath) {
    this.#path = path;
    this.#limits = leastSlack(path);
  }

  /** For segments of the path by their positions, nanoseconds. */
  of(segments: Iterable<number>): number {
    const lengths = new Map<number, number>();
    for (const at of segments) {
      const segment = this.#path.segments[at];
      const limit = this.#limits[at] ?? -1;
      if (segment !== undefined) lengths.set(limit, (lengths.get(limit) ?? 0) + segment.end - segment.start);
    }
    let saved = 0;
    for (const [limit, length] of lengths) saved += Math.min(length, this.#path.parallel[limit]?.slack ?? length);
    return saved;
  }

  /** The positions of the segments within an interval. */
  within(start: number, end: number): number[] {
    const found: number[] = [];
    for (let at = firstEndingAfter(this.#path, start); at < this.#path.segments.length; at += 1) {
      if ((this.#path.segments[at]?.start ?? end) >= end) break;
      found.push(at);
    }
    return found;
  }
}

// Paints the segments with the spans beside them, the one with the least slack first; what is painted is skipped by
// following `next`, so that all takes O(n log n).
function leastSlack(path: CriticalPath): Int32Array {
  const { segments, parallel } = path;
  const limits = new Int32Array(segments.length).fill(-1);
  const next = Int32Array.from({ length: segments.length + 1 }, (_, at) => at);
  const order = Array.from(parallel.keys()).sort(
    (a, b) => (parallel[a]?.slack ?? 0) - (parallel[b]?.slack ?? 0) || a - b,
  );
  for (const limit of order) {
    const { start = 0, end = 0 } = parallel[limit] ?? {};
    for (let at = unpainted(firstEndingAfter(path, start)); at < segments.length; at = unpainted(at)) {
      if ((segments[at]?.start ?? end) >= end) break;
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

function firstEndingAfter({ segments }: CriticalPath, moment: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.end ?? 0) > moment) high = middle;
    else low = middle + 1;
  }
  return low;
}
