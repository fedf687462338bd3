import { type Attributes, diag, TraceFlags } from '@opentelemetry/api';
import { errorMessage } from '@throughline/core';
import { type Delivery, OtlpSender, type SenderOptions } from './otlp-sender.ts';
import type { RecordedSpan, SpanLimits } from './recorded-span.ts';
import { RecorderProvider, type Sampler, type Scope } from './recorder-provider.ts';
import { SpanBatch } from './span-batch.ts';

export type OtlpRecorderOptions = SenderOptions & {
  readonly sampler: Sampler;
  readonly limits: SpanLimits;
  readonly resource: Attributes;
  /** The longest that a finished span waits for others to be sent with. */
  readonly batchDelayMs: number;
  /** How many spans are sent at once, at most. */
  readonly maxBatchSpans: number;
};

/**
 * Records spans and exports them by OTLP over HTTP: a span is written once, when it ends, into the very bytes that are
 * sent.
 */
export class OtlpRecorder {
  readonly tracerProvider: RecorderProvider;
  readonly #options: OtlpRecorderOptions;
  readonly #batch: SpanBatch;
  readonly #sender: OtlpSender;
  #timer: NodeJS.Timeout | undefined;
  #unwritable = 0;

  constructor(options: OtlpRecorderOptions) {
    this.#options = options;
    this.#batch = new SpanBatch(options.resource);
    this.#sender = new OtlpSender(options);
    this.tracerProvider = new RecorderProvider({ ...options, onEnd: (span, scope) => this.#take(span, scope) });
  }

  /** What became of the spans so far. */
  get delivery(): Delivery {
    const { exported, failed, dropped } = this.#sender.delivery;
    return { exported, failed, dropped: dropped + this.#unwritable };
  }

  /** Why spans were last lost. */
  get lastFailure(): string | undefined {
    return this.#sender.lastFailure;
  }

  /** Resolves when everything that has ended was sent, or given up. */
  flush(): Promise<void> {
    this.#send();
    return this.#sender.flush();
  }

  /** Drops what was not sent, and counts it. */
  stop(): void {
    this.#send();
    this.#sender.stop();
  }

  #take(span: RecordedSpan, scope: Scope): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    try {
      this.#batch.add(span, scope);
    } catch (thrown) {
      this.#unwritable += 1;
      diag.error(`[sdk] A span could not be written and was dropped: ${errorMessage(thrown)}`);
      return;
    }
    if (this.#batch.spans >= this.#options.maxBatchSpans) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), this.#options.batchDelayMs).unref();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { spans } = this.#batch;
    if (spans > 0) this.#sender.send(this.#batch.take(), spans);
  }
}
