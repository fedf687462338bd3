import type { HeldSpan } from './held-span.ts';
import { HeldTrace, MAX_SPANS } from './held-trace.ts';
import { TraceQueue } from './trace-queue.ts';
import { TraceTable } from './trace-table.ts';

/** How many traces are held at a time. */
const MAX_TRACES = 50_000;

/** Takes a trace that was dropped, because its time was over or for lack of room. */
export type DropSink<Span extends HeldSpan> = (trace: HeldTrace<Span>, evicted: boolean) => void;

/** All traces that are held, within bounds of memory. Those with open spans are in the order of their start, the others in that of their end. */
export class HeldTraces<Span extends HeldSpan> {
  readonly #traces = new TraceTable<HeldTrace<Span>>();
  readonly #open = new TraceQueue<Span>();
  readonly #resting = new TraceQueue<Span>();
  readonly #maxBytes: number;
  readonly #onDrop: DropSink<Span>;
  #bytes = 0;
  #spans = 0;

  constructor(maxBytes: number, onDrop: DropSink<Span>) {
    this.#maxBytes = maxBytes;
    this.#onDrop = onDrop;
  }

  /** About how much memory they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many spans are held. */
  get spans(): number {
    return this.#spans;
  }

  get isEmpty(): boolean {
    return this.#traces.size === 0;
  }

  find(traceId: string): HeldTrace<Span> | undefined {
    return this.#traces.get(traceId);
  }

  /** A new trace. */
  create(traceId: string): HeldTrace<Span> {
    const trace = new HeldTrace<Span>(traceId);
    this.#traces.add(traceId, trace);
    this.#open.add(trace);
    this.#bytes += trace.bytes;
    if (this.#traces.size > MAX_TRACES) this.#evict();
    this.#makeRoom();
    return trace;
  }

  /** Takes note that a trace has an open span again. */
  wake(trace: HeldTrace<Span>): void {
    if (trace.resting) this.#move(trace, false);
  }

  /** Holds a span that has ended, if there is room for it in its trace. Afterwards its trace may be gone. */
  hold(trace: HeldTrace<Span>, span: Span, bytes: number): void {
    if (trace.spans.length >= MAX_SPANS) {
      trace.omitted += 1;
      return;
    }
    trace.spans.push(span);
    trace.bytes += bytes;
    this.#spans += 1;
    this.#bytes += bytes;
    this.#makeRoom();
  }

  /** Starts the time that a trace is held when none of its spans is open any more. */
  rest(trace: HeldTrace<Span>, dueMs: number): void {
    if (trace.resting || this.#traces.get(trace.id) !== trace) return;
    trace.dueMs = dueMs;
    this.#move(trace, true);
  }

  /** Takes out a trace that is held. */
  remove(trace: HeldTrace<Span>): void {
    this.#traces.delete(trace.id);
    (trace.resting ? this.#resting : this.#open).remove(trace);
    this.#bytes -= trace.bytes;
    this.#spans -= trace.spans.length;
  }

  /** Drops the traces whose time is over. */
  expire(nowMs: number): void {
    for (let trace = this.#resting.oldest; trace !== undefined; trace = this.#resting.oldest) {
      if (trace.dueMs > nowMs) return;
      this.#drop(trace, false);
    }
  }

  /** Drops everything. */
  clear(): void {
    for (const queue of [this.#resting, this.#open]) queue.visit((trace) => this.#drop(trace, false));
  }

  /** Visits the traces with open spans; the one that is visited may be removed. */
  visitOpen(each: (trace: HeldTrace<Span>) => void): void {
    this.#open.visit(each);
  }

  #move(trace: HeldTrace<Span>, resting: boolean): void {
    (trace.resting ? this.#resting : this.#open).remove(trace);
    trace.resting = resting;
    (resting ? this.#resting : this.#open).add(trace);
  }

  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes && !this.isEmpty) this.#evict();
  }

  // Those in which nothing runs go first: nothing in them can fail any more.
  #evict(): void {
    const oldest = this.#resting.oldest ?? this.#open.oldest;
    if (oldest !== undefined) this.#drop(oldest, true);
  }

  #drop(trace: HeldTrace<Span>, evicted: boolean): void {
    this.remove(trace);
    this.#onDrop(trace, evicted);
  }
}
