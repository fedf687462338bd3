import type { CriticalPath } from './critical-path.ts';

/**
 * What a request would save if parts of its critical path took no time: their length, unless a span that runs beside them
 * would then be waited for instead. Devaux's drag (Total Project Control, 1999), with siblings as the parallel work.
 */
export class Drag {
  readonly #path: CriticalPath;
  /** Where each segment ends. */
  readonly #ends: Float64Array;
  /** Of each segment the span beside it with the least slack. */
  readonly #limits: Int32Array;

  /** Of each segment the run that it is in: neighbours that the same span limits. */
  readonly #runs: Int32Array;
  /** Where each run starts. */
  readonly #starts: number[] = [];
  /** What is saved by all runs before each. */
  readonly #saved: number[] = [0];

  constructor(path: CriticalPath) {
    const { segments } = path;
    this.#path = path;
    this.#ends = new Float64Array(segments.length);
    for (let at = 0; at < segments.length; at += 1) this.#ends[at] = segments[at]?.end ?? 0;
    this.#limits = leastSlack(path, this.#ends);
    this.#runs = new Int32Array(segments.length);
    for (let at = 0; at < segments.length; at += 1) {
      if (at === 0 || this.#limits[at] !== this.#limits[at - 1]) this.#starts.push(at);
      this.#runs[at] = this.#starts.length - 1;
    }
    for (const [run, first] of this.#starts.entries())
      this.#saved.push((this.#saved[run] ?? 0) + this.#limited(first, (this.#starts[run + 1] ?? segments.length) - 1));
  }

  /** For segments of the path by their positions, nanoseconds. */
  of(segments: Iterable<number>): number {
    const lengths = new Map<number, number>();
    let limit = -1;
    let length = 0;
    // Neighbours mostly have one limit, so their lengths are added up before they are put down.
    for (const at of segments) {
      const segment = this.#path.segments[at];
      if (segment === undefined) continue;
      if (this.#limits[at] !== limit) {
        lengths.set(limit, (lengths.get(limit) ?? 0) + length);
        limit = this.#limits[at] ?? -1;
        length = 0;
      }
      length += segment.end - segment.start;
    }
    lengths.set(limit, (lengths.get(limit) ?? 0) + length);
    let saved = 0;
    for (const [by, time] of lengths) saved += Math.min(time, this.#path.parallel[by]?.slack ?? time);
    return saved;
  }

  /** For all of the path within an interval, nanoseconds; O(log n). */
  within(start: number, end: number): number {
    const from = firstEndingAfter(this.#ends, start);
    const to = firstEndingAfter(this.#ends, end - 1);
    const [first = 0, last = 0] = [this.#runs[from], this.#runs[to]];
    if (end <= start || from >= this.#path.segments.length) return 0;
    if (first === last) return this.#limited(from, to);
    const between = (this.#saved[last] ?? 0) - (this.#saved[first + 1] ?? 0);
    return (
      this.#limited(from, (this.#starts[first + 1] ?? 0) - 1) + between + this.#limited(this.#starts[last] ?? 0, to)
    );
  }

  // Segments of one run touch.
  #limited(from: number, to: number): number {
    const length = (this.#path.segments[to]?.end ?? 0) - (this.#path.segments[from]?.start ?? 0);
    return Math.min(length, this.#path.parallel[this.#limits[from] ?? -1]?.slack ?? length);
  }
}

// Paints the segments with the spans beside them, the one with the least slack first; what is painted is skipped by
// following `next`, so that all takes O(n log n).
function leastSlack({ segments, parallel }: CriticalPath, ends: Float64Array): Int32Array {
  const limits = new Int32Array(segments.length).fill(-1);
  if (parallel.length === 0) return limits;
  const next = Int32Array.from({ length: segments.length + 1 }, (_, at) => at);
  const order = Array.from(parallel.keys()).sort(
    (a, b) => (parallel[a]?.slack ?? 0) - (parallel[b]?.slack ?? 0) || a - b,
  );
  for (const limit of order) {
    const { start = 0, end = 0 } = parallel[limit] ?? {};
    for (let at = unpainted(firstEndingAfter(ends, start)); at < segments.length; at = unpainted(at)) {
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

function firstEndingAfter(ends: Float64Array, moment: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) > moment) high = middle;
    else low = middle + 1;
  }
  return low;
}
