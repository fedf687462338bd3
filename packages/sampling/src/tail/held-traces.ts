import type { TraceId } from '../trace-id.ts';
import type { HeldSpan } from './held-span.ts';
import { HeldTrace, MAX_SPANS } from './held-trace.ts';
import type { SpanShelf } from './span-shelf.ts';
import { TraceQueue } from './trace-queue.ts';
import { TraceTable } from './trace-table.ts';
import type { Verdict } from './verdicts.ts';

/** How many traces are held at a time. */
const MAX_TRACES = 50_000;

/** Takes note of a trace that was dropped with so many spans, because its time was over or for lack of room. */
export type DropSink<Span extends HeldSpan, Place> = (
  trace: HeldTrace<Span, Place>,
  spans: number,
  evicted: boolean,
) => void;

/** What was held of a trace that is kept. */
export type KeptTrace<Span extends HeldSpan, Place> = Pick<
  HeldTrace<Span, Place>,
  'id' | 'lastPlace' | 'spans' | 'omitted' | 'open'
>;

/** All traces that are held, within bounds of memory. Those with open spans are in the order of their start, the others in that of their end. */
export class HeldTraces<Span extends HeldSpan, Place> {
  readonly #traces = new TraceTable<HeldTrace<Span, Place>>(
    (slot) => new HeldTrace(slot),
    (trace, id) => trace.renew(id),
  );
  readonly #open = new TraceQueue<Span, Place>();
  readonly #resting = new TraceQueue<Span, Place>();
  readonly #maxBytes: number;
  readonly #shelf: SpanShelf<Span, Place>;
  readonly #onDrop: DropSink<Span, Place>;
  #bytes = 0;
  #spans = 0;

  constructor(maxBytes: number, shelf: SpanShelf<Span, Place>, onDrop: DropSink<Span, Place>) {
    this.#maxBytes = maxBytes;
    this.#shelf = shelf;
    this.#onDrop = onDrop;
  }

  /** About how much memory they take. */
  get bytes(): number {
    return this.#bytes + this.#shelf.bytes;
  }

  /** How many spans are held. */
  get spans(): number {
    return this.#spans - this.#shelf.lost;
  }

  get isEmpty(): boolean {
    return this.#traces.size === 0;
  }

  find(id: TraceId): HeldTrace<Span, Place> | undefined {
    return this.#traces.find(id);
  }

  /** A new trace. */
  create(id: TraceId): HeldTrace<Span, Place> {
    const trace = this.#traces.add(id);
    this.#open.add(trace);
    this.#bytes += trace.bytes;
    if (this.#traces.size > MAX_TRACES) this.#evict();
    this.#makeRoom();
    return trace;
  }

  /** Takes note that a trace has an open span again. */
  wake(trace: HeldTrace<Span, Place>): void {
    if (trace.resting) this.#move(trace, false);
  }

  /** Holds a span that has ended, if there is room for it in its trace. Afterwards its trace may be gone. */
  hold(trace: HeldTrace<Span, Place>, span: Span): void {
    const isFull = trace.spans >= MAX_SPANS;
    const place = isFull ? undefined : this.#shelf.put(span, this.#maxBytes - this.#bytes, trace.lastPlace);
    if (place === undefined) {
      trace.omitted += 1;
      return;
    }
    const bytes = this.#shelf.weigh(place);
    if (trace.lastPlace === undefined) trace.firstPlace = place;
    trace.lastPlace = place;
    trace.spans += 1;
    trace.bytes += bytes;
    this.#spans += 1;
    this.#bytes += bytes;
    this.#makeRoom();
  }

  /** Starts the time that a trace is held when none of its spans is open any more. */
  rest(trace: HeldTrace<Span, Place>, dueMs: number): void {
    if (trace.resting || !this.#traces.has(trace)) return;
    trace.dueMs = dueMs;
    this.#move(trace, true);
  }

  /** Takes out a trace that is kept. What it was is another's from now on. */
  take(trace: HeldTrace<Span, Place>): KeptTrace<Span, Place> {
    const { id, lastPlace, spans, omitted, open } = trace;
    this.#remove(trace);
    return { id, lastPlace, spans, omitted, open };
  }

  /** Hands over the spans of a trace that was taken out. How many these were. */
  release({ id, lastPlace, spans, omitted }: KeptTrace<Span, Place>, verdict: Verdict): number {
    const released = this.#shelf.release(id, lastPlace, spans, verdict, omitted);
    this.#spans -= released;
    return released;
  }

  /** Drops the traces whose time is over, and lets go of what a peak took. */
  expire(nowMs: number): void {
    for (let trace = this.#resting.oldest; trace !== undefined && trace.dueMs <= nowMs; trace = this.#resting.oldest) {
      this.#drop(trace, false);
    }
    this.#traces.trim();
  }

  /** Drops everything, for lack of room or because it is over. */
  clear(evicted: boolean): void {
    for (const queue of [this.#resting, this.#open]) queue.visit((trace) => this.#drop(trace, evicted));
    this.giveBack();
  }

  /** Gives back all memory that is not in use. */
  giveBack(): void {
    while (this.#shelf.giveBack());
    this.#traces.giveBack();
  }

  /** Visits the traces with open spans; the one that is visited may be removed. */
  visitOpen(each: (trace: HeldTrace<Span, Place>) => void): void {
    this.#open.visit(each);
  }

  #move(trace: HeldTrace<Span, Place>, resting: boolean): void {
    (trace.resting ? this.#resting : this.#open).remove(trace);
    trace.resting = resting;
    (resting ? this.#resting : this.#open).add(trace);
  }

  #makeRoom(): void {
    while (this.bytes > this.#maxBytes && !this.isEmpty) if (!this.#shelf.giveBack()) this.#evict();
  }

  // Those in which nothing runs go first: nothing in them can fail any more.
  #evict(): void {
    const oldest = this.#resting.oldest ?? this.#open.oldest;
    if (oldest !== undefined) this.#drop(oldest, true);
  }

  #drop(trace: HeldTrace<Span, Place>, evicted: boolean): void {
    const forgotten = this.#shelf.forget(trace.firstPlace, trace.lastPlace, trace.spans);
    this.#spans -= forgotten;
    this.#onDrop(trace, forgotten, evicted);
    this.#remove(trace);
  }

  #remove(trace: HeldTrace<Span, Place>): void {
    (trace.resting ? this.#resting : this.#open).remove(trace);
    this.#bytes -= trace.bytes;
    this.#traces.remove(trace);
    trace.release();
  }
}
