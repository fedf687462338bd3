import { type TraceId, traceIdText } from '../trace-id.ts';
import type { HeldSpan } from './held-span.ts';

const TRACE_BYTES = 350;

/** How many spans of a trace are held, and how many open ones are known one by one. */
export const MAX_SPANS = 1000;

/**
 * The part of a trace that this process has seen and nobody has decided about. One is used for many traces, one after the
 * other: at rest it refers to nothing but its neighbours.
 */
export class HeldTrace<Span extends HeldSpan, Place> {
  /** Where it is in the table; below 0 when it is of no trace. */
  slot: number;
  stamp = 0;
  first = 0;
  second = 0;
  third = 0;
  fourth = 0;
  /** Where the first span is that has ended. */
  firstPlace: Place | undefined;
  /** Where the last one is; it leads to those before. */
  lastPlace: Place | undefined;
  /** How many spans have ended and wait. */
  spans = 0;
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
  /** With as much room as most need: an empty list makes room for 17 when it is first added to. */
  readonly #open: (Span | undefined)[] = [undefined, undefined];
  #openSpans = 0;
  #untracked = 0;
  #root: Span | undefined;
  #rootSinceMs = 0;
  #otherRoots: { readonly span: Span; readonly sinceMs: number }[] | undefined;

  constructor(slot: number) {
    this.slot = slot;
  }

  /** Makes it that of a trace of which nothing is known yet. */
  renew({ first, second, third, fourth }: TraceId): void {
    this.first = first;
    this.second = second;
    this.third = third;
    this.fourth = fourth;
    this.spans = 0;
    this.bytes = TRACE_BYTES;
    this.omitted = 0;
    this.refused = false;
    this.resting = false;
  }

  /** Lets go of all it refers to. At rest that is little, and nothing else is looked at: long ago, it is in no cache. */
  release(): void {
    this.firstPlace = undefined;
    this.lastPlace = undefined;
    if (this.resting) return;
    this.#open.fill(undefined, 0, this.#openSpans);
    this.#openSpans = 0;
    this.#untracked = 0;
    this.#root = undefined;
    this.#otherRoots = undefined;
  }

  /** The id of the trace. */
  get id(): string {
    return traceIdText(this);
  }

  get isOpen(): boolean {
    return this.#openSpans > 0 || this.#untracked > 0;
  }

  /** Its open spans, but for those beyond the first thousand. */
  get open(): readonly Span[] {
    return this.#open.slice(0, this.#openSpans) as Span[];
  }

  /** Takes note of a span that has started; with the time if it began work here and is to be watched. */
  start(span: Span, rootSinceMs: number | undefined): void {
    if (this.#openSpans < MAX_SPANS) this.#open[this.#openSpans++] = span;
    else this.#untracked += 1;
    if (rootSinceMs !== undefined) this.#addRoot(span, rootSinceMs);
  }

  finish(span: Span): void {
    if (this.#root === span) this.#root = undefined;
    else if (this.#otherRoots !== undefined) this.#dropRoot(span);
    const open = this.#open;
    // Mostly the last one started is the first to end.
    let index = this.#openSpans - 1;
    while (index >= 0 && open[index] !== span) index -= 1;
    if (index < 0) {
      this.#untracked = Math.max(0, this.#untracked - 1);
      return;
    }
    const last = this.#openSpans - 1;
    this.#openSpans = last;
    if (index !== last) open[index] = open[last];
    open[last] = undefined;
  }

  /** The first open span that began work here of which this is true. */
  findRoot(isWanted: (span: Span, sinceMs: number) => boolean): Span | undefined {
    if (this.#root !== undefined && isWanted(this.#root, this.#rootSinceMs)) return this.#root;
    return this.#otherRoots?.find(({ span, sinceMs }) => isWanted(span, sinceMs))?.span;
  }

  #dropRoot(span: Span): void {
    const others = this.#otherRoots?.filter((root) => root.span !== span) ?? [];
    this.#otherRoots = others.length === 0 ? undefined : others;
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
