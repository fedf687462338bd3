import { type HeldSpan, isLocalRoot } from './held-span.ts';

const TRACE_BYTES = 400;

/** How many spans of a trace are held, and how many open ones are known one by one. */
export const MAX_SPANS = 1000;

/** The part of a trace that this process has seen and nobody has decided about. */
export class HeldTrace<Span extends HeldSpan, Place> {
  readonly id: string;
  /** Where the spans are that have ended. */
  readonly places: Place[] = [];
  readonly open: Span[] = [];
  /** About how much memory it takes. */
  bytes = TRACE_BYTES;
  /** How many spans were left out because there were too many. */
  omitted = 0;
  /** Until when it is held, once no span is open. */
  dueMs = 0;
  /** A rule applied, and the budget said no: it is not asked again, so that the answer is one for the whole trace. */
  refused = false;
  /** The open spans that began work here, and since when they are open. Mostly it is one. */
  readonly roots: { readonly span: Span; readonly sinceMs: number }[] = [];
  /** Its neighbours in a queue. */
  older: HeldTrace<Span, Place> | undefined;
  newer: HeldTrace<Span, Place> | undefined;
  /** Whether it waits for its time to be over; before, and when it works again, it is not. */
  resting = false;
  #untracked = 0;

  constructor(id: string) {
    this.id = id;
  }

  get isOpen(): boolean {
    return this.open.length > 0 || this.#untracked > 0;
  }

  start(span: Span, nowMs: () => number): void {
    if (this.open.length < MAX_SPANS) this.open.push(span);
    else this.#untracked += 1;
    if (this.roots.length < MAX_SPANS && isLocalRoot(span)) this.roots.push({ span, sinceMs: nowMs() });
  }

  finish(span: Span): void {
    this.#forgetRoot(span);
    // Mostly the last one started is the first to end.
    const index = this.open.lastIndexOf(span);
    if (index < 0) {
      this.#untracked = Math.max(0, this.#untracked - 1);
      return;
    }
    const last = this.open.pop() as Span;
    if (last !== span) this.open[index] = last;
  }

  #forgetRoot(span: Span): void {
    const index = this.roots.findIndex((root) => root.span === span);
    if (index >= 0) this.roots.splice(index, 1);
  }
}
