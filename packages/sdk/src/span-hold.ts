import {
  type HeldSpan,
  type HoldStats,
  type KeepOptions,
  type KeptSpans,
  reachByKeepTrace,
  readKeepOptions,
  type SpanAccess,
  TailHold,
} from '@throughline/sampling';
import type { SpanSink } from './span-sink.ts';

/** Where spans end up, behind a hold that lets through what was sampled or is to be kept. */
export class SpanHold<Span extends HeldSpan> implements SpanSink {
  readonly #hold: TailHold<Span>;
  readonly #sink: SpanSink;
  readonly #leave: () => void;

  /** @param enter how spans get into the sink */
  constructor(keep: KeepOptions, access: SpanAccess<Span>, sink: SpanSink, enter: KeptSpans<Span>) {
    this.#hold = new TailHold(readKeepOptions(keep), access, enter);
    this.#sink = sink;
    this.#leave = reachByKeepTrace(this.#hold);
  }

  /** How many spans wait behind the hold, or are on their way. */
  get pending(): number {
    return this.#sink.pending ?? 0;
  }

  onStart(span: Span): void {
    this.#hold.onStart(span);
  }

  onEnd(span: Span): void {
    this.#hold.onEnd(span);
  }

  stats(): HoldStats {
    return this.#hold.stats();
  }

  forceFlush(): Promise<void> {
    return this.#sink.forceFlush();
  }

  shutdown(): Promise<void> {
    this.#leave();
    this.#hold.shutdown();
    return this.#sink.shutdown();
  }

  discard(): void {
    this.#sink.discard?.();
  }
}
