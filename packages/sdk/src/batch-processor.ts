import { context, ROOT_CONTEXT, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { errorMessage, suppressTracing } from '@throughline/core';
import { type ExportResult, failed, SUCCESS } from './export-result.ts';
import type { BatchLimits } from './limits.ts';
import type { LossCounter } from './loss.ts';
import { RejectedSpans } from './rejected-spans.ts';

// An exporter that never answers must not collect batches.
const MAX_UNANSWERED = 4;

/**
 * Hands finished spans to an exporter in batches, one after the other. Unlike the SDK's own it knows what became of each
 * span, leaves the process free to end, and says nothing per batch.
 */
export class BatchProcessor implements SpanProcessor {
  readonly #exporter: SpanExporter;
  readonly #limits: BatchLimits;
  readonly #loss: LossCounter;
  #queue: ReadableSpan[] = [];
  #onTheirWay = 0;
  #unanswered = 0;
  #flushes = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;

  constructor(exporter: SpanExporter, limits: BatchLimits, loss: LossCounter) {
    this.#exporter = exporter;
    this.#limits = limits;
    this.#loss = loss;
  }

  /** How many spans wait or are on their way. */
  get pending(): number {
    return this.#queue.length + this.#onTheirWay;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.#stopped || this.#queue.length >= this.#limits.maxQueueSize) {
      this.#loss.dropped(1);
      return;
    }
    this.#queue.push(span);
    this.#schedule();
  }

  /** Resolves when what has ended so far was exported or has failed. */
  async forceFlush(): Promise<void> {
    this.#flushes += 1;
    this.#start();
    await this.#working;
    this.#flushes -= 1;
  }

  async shutdown(): Promise<void> {
    this.#stopped = true;
    await this.forceFlush();
    await this.#exporter.shutdown();
  }

  /** Gives up on the spans that wait. */
  discard(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#queue.length > 0) this.#loss.dropped(this.#queue.length);
    this.#queue = [];
  }

  #schedule(): void {
    if (this.#working !== undefined) return;
    const { maxExportBatchSize, scheduledDelayMs } = this.#limits;
    if (this.#queue.length >= maxExportBatchSize) this.#start();
    // A timer remembers the context it was made in, and would keep that of a request.
    else this.#timer ??= context.with(ROOT_CONTEXT, () => setTimeout(() => this.#start(), scheduledDelayMs).unref());
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#working ??= context.with(suppressTracing(ROOT_CONTEXT), () => this.#work());
  }

  async #work(): Promise<void> {
    const { maxExportBatchSize } = this.#limits;
    await undefined; // the span that filled the batch belongs to a request: let that go on
    while (this.#queue.length > 0) {
      await this.#export(this.#queue.splice(0, maxExportBatchSize));
      if (this.#flushes === 0 && this.#queue.length < maxExportBatchSize) break;
    }
    this.#working = undefined;
    if (this.#queue.length > 0) this.#schedule();
  }

  #export(batch: ReadableSpan[]): Promise<void> {
    const spans = batch.length;
    this.#onTheirWay += spans;
    this.#unanswered += 1;
    return new Promise((resolve) => {
      let answered = false;
      const answer = (result: ExportResult): void => {
        if (answered) return;
        answered = true;
        clearInterval(timer);
        this.#onTheirWay -= spans;
        this.#unanswered -= 1;
        this.#count(spans, result);
        resolve();
      };
      const late = (): void => {
        if (this.#unanswered < MAX_UNANSWERED) resolve();
      };
      const timer = setInterval(late, this.#limits.exportTimeoutMs).unref();
      try {
        this.#exporter.export(batch, answer);
      } catch (thrown) {
        answer(failed(new Error(errorMessage(thrown))));
      }
    });
  }

  #count(spans: number, { code, error }: ExportResult): void {
    const rejected = error instanceof RejectedSpans ? Math.min(error.spans, spans) : spans;
    const failed = code === SUCCESS.code ? 0 : rejected;
    this.#loss.exported(spans - failed);
    if (failed > 0) this.#loss.failed(failed, error === undefined ? 'no reason given' : errorMessage(error));
  }
}
