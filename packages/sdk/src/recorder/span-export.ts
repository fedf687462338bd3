import { type Attributes, context, diag, ROOT_CONTEXT, TraceFlags } from '@opentelemetry/api';
import { errorMessage, suppressTracing } from '@throughline/core';
import type { BatchLimits } from '../limits.ts';
import type { LossCounter } from '../loss.ts';
import type { OtlpDelivery } from '../otlp-delivery.ts';
import { RejectedSpans } from '../rejected-spans.ts';
import type { SpooledRequest } from '../spool-file.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { RecordedSpan, Scope } from './recorded-span.ts';
import { SpanBatch } from './span-batch.ts';
import { writeSpan } from './span-writer.ts';

/**
 * Exports recorded spans by OTLP: each is written into the next request when it ends, and what waits is sent in the
 * background, one request after the other.
 */
export class SpanExport {
  readonly #delivery: OtlpDelivery;
  readonly #limits: BatchLimits;
  readonly #loss: LossCounter;
  readonly #resource: Attributes;
  #filling: SpanBatch;
  #full: SpanBatch[] = [];
  /** One that was sent, whose memory can be used again. */
  #spare: SpanBatch | undefined;
  #waiting = 0;
  #onTheirWay = 0;
  #sending: SpooledRequest | undefined;
  #flushes = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;

  /** @param resource what all spans of this process have in common */
  constructor(resource: Attributes, delivery: OtlpDelivery, limits: BatchLimits, loss: LossCounter) {
    this.#resource = resource;
    this.#filling = new SpanBatch(resource);
    this.#delivery = delivery;
    this.#limits = limits;
    this.#loss = loss;
  }

  /** How many spans wait or are on their way. */
  get pending(): number {
    return this.#waiting + this.#onTheirWay;
  }

  /** Takes a span that has ended. */
  add(span: RecordedSpan): void {
    if ((span.traceFlags & TraceFlags.SAMPLED) === 0) return;
    this.addWritten(span.scope, span, writeSpan);
  }

  /** Takes a span of this scope in another form, which `write` can write as a `spans` element of a `ScopeSpans` message. */
  addWritten<Form>(scope: Scope, span: Form, write: (writer: ByteWriter, span: Form) => void): void {
    if (this.#stopped || this.#waiting >= this.#limits.maxQueueSize) {
      this.#loss.dropped(1);
      return;
    }
    try {
      this.#filling.addWritten(scope, span, write);
      this.#waiting += 1;
      if (this.#filling.spans >= this.#limits.maxExportBatchSize) this.#seal();
      this.#schedule();
    } catch (thrown) {
      diag.error(`[sdk] A span could not be written: ${errorMessage(thrown)}`);
      this.#loss.dropped(1);
    }
  }

  /** Takes out what waits, and a copy of what is on its way, as requests. Nothing of it is counted any more. */
  takeWaiting(): SpooledRequest[] {
    this.#seal();
    const requests = this.#sending === undefined ? [] : [this.#sending];
    for (const batch of this.#full.splice(0)) requests.push({ spans: batch.spans, body: batch.take() });
    this.#waiting = 0;
    return requests;
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
    this.#delivery.close();
  }

  /** Gives up on the spans that wait. */
  discard(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting > 0) this.#loss.dropped(this.#waiting);
    this.#waiting = 0;
    this.#full = [];
    this.#filling.clear();
  }

  /** Makes what was gathered ready to be sent. */
  #seal(): void {
    if (this.#filling.spans === 0) return;
    this.#full.push(this.#filling);
    this.#filling = this.#spare ?? new SpanBatch(this.#resource);
    this.#spare = undefined;
  }

  #schedule(): void {
    if (this.#working !== undefined) return;
    // A timer remembers the context it was made in, and would keep that of a request.
    if (this.#full.length > 0) this.#start();
    else this.#timer ??= context.with(ROOT_CONTEXT, () => this.#startLater());
  }

  #startLater(): NodeJS.Timeout {
    return setTimeout(() => this.#start(), this.#limits.scheduledDelayMs).unref();
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#full.length === 0) this.#seal();
    this.#working ??= context.with(suppressTracing(ROOT_CONTEXT), () => this.#work());
  }

  async #work(): Promise<void> {
    await undefined; // the span that filled the batch belongs to a request: let that go on
    for (let batch = this.#full.shift(); batch !== undefined; batch = this.#full.shift()) {
      await this.#deliver(batch);
      if (this.#flushes > 0) this.#seal();
    }
    this.#working = undefined;
    if (this.#waiting > 0) this.#schedule();
  }

  async #deliver(batch: SpanBatch): Promise<void> {
    const { spans } = batch;
    this.#waiting -= spans;
    this.#onTheirWay = spans;
    const body = batch.take();
    this.#sending = { spans, body };
    const failure = await this.#delivery.deliver(body);
    this.#sending = undefined;
    this.#spare = batch;
    this.#onTheirWay = 0;
    this.#count(spans, failure);
  }

  #count(spans: number, failure: Error | undefined): void {
    const lost = failure === undefined ? 0 : failure instanceof RejectedSpans ? Math.min(failure.spans, spans) : spans;
    if (failure !== undefined) this.#loss.failed(lost, errorMessage(failure));
    this.#loss.exported(spans - lost);
  }
}
