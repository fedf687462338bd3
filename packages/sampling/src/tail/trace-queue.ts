import type { HeldSpan } from './held-span.ts';
import type { HeldTrace } from './held-trace.ts';

/**
 * Traces in the order in which they were added, linked to each other: any of them is taken out, and the oldest found, in the
 * same short time. A `Map` would have to pass all entries that were deleted before.
 */
export class TraceQueue<Span extends HeldSpan, Place> {
  #oldest: HeldTrace<Span, Place> | undefined;
  #newest: HeldTrace<Span, Place> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get oldest(): HeldTrace<Span, Place> | undefined {
    return this.#oldest;
  }

  /** Adds a trace that is in no queue. */
  add(trace: HeldTrace<Span, Place>): void {
    trace.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = trace;
    else this.#newest.newer = trace;
    this.#newest = trace;
    this.#size += 1;
  }

  /** Takes out a trace that is in this queue. */
  remove(trace: HeldTrace<Span, Place>): void {
    const { older, newer } = trace;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    trace.older = undefined;
    trace.newer = undefined;
    this.#size -= 1;
  }

  /** Visits all traces, from the oldest on; the one that is visited may be taken out. */
  visit(each: (trace: HeldTrace<Span, Place>) => void): void {
    for (let trace = this.#oldest; trace !== undefined; ) {
      const { newer } = trace;
      each(trace);
      trace = newer;
    }
  }
}
