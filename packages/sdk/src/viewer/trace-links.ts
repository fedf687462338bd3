import { context, ROOT_CONTEXT, SpanStatusCode } from '@opentelemetry/api';
import type { HeldSpan } from '@throughline/sampling';
import { printable } from '../terminal-text.ts';
import { stderrLine } from './stderr-line.ts';
import type { ViewerConnection } from './viewer-connection.ts';

/** A request that failed or took long, and of which no link was printed yet. */
type Candidate = { readonly line: string; attempts: number };

/** Between the end of a request and its link: what ends together is looked for together. */
const PAUSE_MS = 200;
/** A trace that is held back until it is known whether to keep it comes later. */
const MAX_ATTEMPTS = 8;
const MAX_WAITING = 100;
const MAX_PRINTED = 1000;
/** So many links at once, and then one in so many milliseconds. */
const BURST = 5;
const REFILL_MS = 2000;

/**
 * Prints on stderr where to look at requests that failed, and at those that began here and took long: each trace once, when
 * it can be opened, and not more than anyone can read.
 */
export class TraceLinks {
  readonly #origin: string;
  readonly #connection: Pick<ViewerConnection, 'present'>;
  readonly #slowMs: number;
  readonly #write: (line: string) => void;
  readonly #waiting = new Map<string, Candidate>();
  readonly #printed = new Set<string>();
  #flush: () => Promise<void> = async () => {};
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #more = 0;
  #allowed = BURST;
  #refilledAt = 0;

  constructor(
    origin: string,
    connection: Pick<ViewerConnection, 'present'>,
    slowMs: number,
    write: (line: string) => void = stderrLine(),
  ) {
    this.#origin = origin;
    this.#connection = connection;
    this.#slowMs = slowMs;
    this.#write = write;
  }

  /** Says how what has ended gets to the viewer. */
  flushBy(flush: () => Promise<void>): void {
    this.#flush = flush;
  }

  /** How many links wait to be printed. */
  get pending(): number {
    return this.#waiting.size + this.#more;
  }

  onEnd<Span extends HeldSpan>(span: Span, durationOf: (span: Span) => number): void {
    const { parentSpanContext: parent, status } = span;
    if (parent !== undefined && parent.isRemote !== true) return;
    const failed = status.code === SpanStatusCode.ERROR;
    if (!failed && parent !== undefined) return;
    const duration = durationOf(span);
    if (!failed && duration < this.#slowMs) return;
    const { traceId } = span.spanContext();
    if (this.#printed.has(traceId) || this.#waiting.has(traceId)) return;
    if (this.#waiting.size >= MAX_WAITING) {
      this.#more += 1;
      return;
    }
    const line = `${failed ? 'failed' : 'slow'}: ${printable(span.name)}, ${durationText(duration)}`;
    this.#waiting.set(traceId, { line, attempts: 0 });
    this.#schedule(PAUSE_MS);
  }

  /** Prints, without waiting any longer, what can be opened. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#working;
    if (this.#waiting.size > 0) await this.#print();
    this.#tellMore();
  }

  #schedule(milliseconds: number): void {
    if (this.#working !== undefined) return;
    // A timer remembers the context it was made in, and would keep that of a request.
    this.#timer ??= context.with(ROOT_CONTEXT, () => setTimeout(() => this.#start(), milliseconds).unref());
  }

  #start(): void {
    this.#timer = undefined;
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    await this.#flush();
    await this.#print();
    this.#working = undefined;
    if (this.#waiting.size > 0) this.#schedule(PAUSE_MS * 5);
    else if (this.#more > 0) this.#schedule(REFILL_MS);
  }

  async #print(): Promise<void> {
    const ids = [...this.#waiting.keys()];
    const present = ids.length === 0 ? new Set() : await this.#connection.present(ids);
    for (const traceId of ids) {
      const candidate = this.#waiting.get(traceId);
      if (candidate === undefined) continue;
      if (present.has(traceId)) this.#printOne(traceId, candidate);
      candidate.attempts += 1;
      if (present.has(traceId) || candidate.attempts >= MAX_ATTEMPTS) this.#waiting.delete(traceId);
    }
    if (this.#waiting.size === 0 && this.#mayPrint()) this.#tellMore();
  }

  #printOne(traceId: string, { line }: Candidate): void {
    this.#printed.add(traceId);
    const [oldest] = this.#printed;
    if (this.#printed.size > MAX_PRINTED && oldest !== undefined) this.#printed.delete(oldest);
    if (!this.#mayPrint()) {
      this.#more += 1;
      return;
    }
    this.#allowed -= 1;
    this.#write(`${line} → ${this.#origin}/trace/${traceId}`);
  }

  #mayPrint(): boolean {
    const now = performance.now();
    const refill = Math.floor((now - this.#refilledAt) / REFILL_MS);
    if (refill > 0) {
      this.#allowed = Math.min(BURST, this.#allowed + refill);
      this.#refilledAt = now;
    }
    return this.#allowed > 0;
  }

  #tellMore(): void {
    if (this.#more === 0) return;
    this.#write(`and ${this.#more} more failed or slow requests → ${this.#origin}`);
    this.#more = 0;
  }
}

function durationText(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds >= 10 ? Math.round(milliseconds) : milliseconds.toFixed(1)} ms`;
}
