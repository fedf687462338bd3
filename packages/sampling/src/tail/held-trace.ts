import type { HeldSpan } from './held-span.ts';

const TRACE_BYTES = 400;

/** How many spans of a trace are held, and how many open ones are known one by one. */
export const MAX_SPANS = 1000;

/** The part of a trace that this process has seen and nobody has decided about. */
export class HeldTrace<Span extends HeldSpan, Place> {
  readonly id: string;
  /** Where the spans are that have ended. */
  readonly places: Place[] = [];
  /** About how much memory it takes. */
  bytes = TRACE_BYTES;
  /** How many spans were left out because there were too many. */
  omitted = 0;
  /** Until when it is held, once no span is open. */
  dueMs = 0;
  /** A rule applied, and the budget said no: it is not asked again, so that the answer is one for the whole trace. */
  refused = false;
  /** Its neighbours in a queue. */
  older: HeldTrace<Span, Place> | undefined;
  newer: HeldTrace<Span, Place> | undefined;
  /** Whether it waits for its time to be over; before, and when it works again, it is not. */
  resting = false;
  // Without open spans there is no list: traces rest for most of their time, and what lives long is dear.
  #open: Span[] | undefined;
  #untracked = 0;
  #root: Span | undefined;
  #rootSinceMs = 0;
  #otherRoots: { readonly span: Span; readonly sinceMs: number }[] | undefined;

  constructor(id: string) {
    this.id = id;
  }

  get isOpen(): boolean {
    return this.#open !== undefined || this.#untracked > 0;
  }

  /** Its open spans, but for those beyond the first thousand. */
  get open(): readonly Span[] {
    return this.#open ?? [];
  }

  /** Takes note of a span that has started; with the time if it began work here and is to be watched. */
  start(span: Span, rootSinceMs: number | undefined): void {
    if (this.#open === undefined) this.#open = [span];
    else if (this.#open.length < MAX_SPANS) this.#open.push(span);
    else this.#untracked += 1;
    if (rootSinceMs !== undefined) this.#addRoot(span, rootSinceMs);
  }

  finish(span: Span): void {
    if (this.#root === span) this.#root = undefined;
    else if (this.#otherRoots !== undefined) this.#otherRoots = this.#otherRoots.filter((root) => root.span !== span);
    const open = this.#open;
    // Mostly the last one started is the first to end.
    const index = open === undefined ? -1 : open.lastIndexOf(span);
    if (open === undefined || index < 0) {
      this.#untracked = Math.max(0, this.#untracked - 1);
      return;
    }
    const last = open.pop() as Span;
    if (last !== span) open[index] = last;
    if (open.length === 0) this.#open = undefined;
  }

  /** The first open span that began work here of which this is true. */
  findRoot(isWanted: (span: Span, sinceMs: number) => boolean): Span | undefined {
    if (this.#root !== undefined && isWanted(this.#root, this.#rootSinceMs)) return this.#root;
    return this.#otherRoots?.find(({ span, sinceMs }) => isWanted(span, sinceMs))?.span;
  }

  #addRoot(span: Span, sinceMs: number): void {
    if (this.#root === undefined) {
      this.#root = span;
      this.#rootSinceMs = sinceMs;
      return;
    }
    this.#otherRoots ??= [];
    if (this.#otherRoots.length < MAX_SPANS) this.#otherRoots.push({ span, sinceMs });
  }
}
