import { type Span, type SpanContext, TraceFlags, type TraceState } from '@opentelemetry/api';
import { hexText } from '@throughline/core/hex-text';
import { randomWord } from '@throughline/core/random-ids';
import type { TraceId } from '@throughline/sampling';

/** A span that nobody records: it has ids for those who ask, such as the next service and the lines of a log, and nothing else. */
export class UnrecordedSpan implements Span {
  readonly trace: TraceId;
  readonly #traceFlags: number;
  readonly #traceState: TraceState | undefined;
  #spanContext: SpanContext | undefined;

  constructor(traceId: TraceId, traceFlags: number, traceState: TraceState | undefined) {
    this.trace = traceId;
    this.#traceFlags = traceFlags & ~TraceFlags.SAMPLED;
    this.#traceState = traceState;
  }

  spanContext(): SpanContext {
    this.#spanContext ??= createSpanContext(
      this.trace.text,
      hexText(randomWord(), randomWord() || 1),
      this.#traceFlags,
      this.#traceState,
    );
    return this.#spanContext;
  }

  get traceFlags(): number {
    return this.#spanContext === undefined ? this.#traceFlags : this.#spanContext.traceFlags;
  }

  get traceState(): TraceState | undefined {
    return this.#spanContext === undefined ? this.#traceState : this.#spanContext.traceState;
  }

  isRecording(): boolean {
    return false;
  }

  setAttribute(): this {
    return this;
  }

  setAttributes(): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  recordException(): void {}

  end(): void {}
}

/** The ids of a span, as the API has them: a plain object. */
export function createSpanContext(
  traceId: string,
  spanId: string,
  traceFlags: number,
  traceState: TraceState | undefined,
): SpanContext {
  return traceState === undefined ? { traceId, spanId, traceFlags } : { traceId, spanId, traceFlags, traceState };
}
