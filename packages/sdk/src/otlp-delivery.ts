import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { errorMessage } from '@throughline/core';
import { OtlpConnection } from './otlp-request.ts';
import { otlpSerializers } from './otlp-serializers.ts';
import type { OtlpSettings } from './otlp-settings.ts';
import { RejectedSpans } from './rejected-spans.ts';

/** How the spans are written. */
export type OtlpEncoding = 'protobuf' | 'json';

const FIRST_BACKOFF_MS = 1000;
const CONTENT_TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' };
const compress = promisify(gzip);

/**
 * Delivers export requests by OTLP over HTTP. What a collector may take later is sent again, until the time is over; its
 * sockets and timers do not keep the process alive.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export class OtlpDelivery {
  readonly #settings: OtlpSettings;
  readonly #encoding: OtlpEncoding;
  readonly #connection: OtlpConnection;
  #ready: Promise<void> | undefined;
  #hurried = false;
  #stopped = false;
  /** Ends the pauses of all deliveries that are under way. */
  readonly #wakers = new Set<() => void>();

  constructor(settings: OtlpSettings, encoding: OtlpEncoding) {
    this.#settings = settings;
    this.#encoding = encoding;
    this.#connection = new OtlpConnection(settings);
  }

  /** Resolves with what went wrong, if anything did; never rejects. */
  async deliver(request: Uint8Array): Promise<Error | undefined> {
    try {
      return await this.#deliver(request);
    } catch (thrown) {
      return new Error(errorMessage(thrown));
    }
  }

  /** Lets everything wait until the collector, which is being started, is there or will never be. */
  waitFor(ready: Promise<void>): void {
    this.#ready = ready;
  }

  /** While hurried, what fails is not tried again: the process is about to end. */
  hurry(hurried: boolean): void {
    this.#hurried = hurried;
    if (hurried) this.#wake();
  }

  /** Closes all connections, also those in use, and tries nothing again. */
  close(): void {
    this.#stopped = true;
    this.#wake();
    this.#connection.close();
  }

  async #deliver(request: Uint8Array): Promise<Error | undefined> {
    const zipped = this.#settings.compression === 'gzip';
    const body = zipped ? await compress(request) : request;
    const headers: Record<string, string> = { 'content-type': CONTENT_TYPES[this.#encoding] };
    if (zipped) headers['content-encoding'] = 'gzip';

    if (this.#ready !== undefined) await this.#ready;
    const end = performance.now() + this.#settings.timeoutMs;
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs *= 1.5) {
      const answer = await this.#connection.post(body, headers, Math.ceil(Math.max(1, end - performance.now())));
      if (answer.accepted) return this.#rejection(answer.body);
      // A fleet must not come back all at once.
      const pauseMs = Math.max(answer.retryAfterMs ?? 0, backoffMs * (0.8 + 0.4 * Math.random()));
      const final = answer.retryAfterMs === undefined || this.#hurried || this.#stopped;
      if (final || performance.now() + pauseMs > end) {
        return new Error(`${this.#settings.url.origin}: ${answer.reason}`);
      }
      await this.#pause(pauseMs);
    }
  }

  // https://opentelemetry.io/docs/specs/otlp/#partial-success-1
  async #rejection(body: Buffer): Promise<RejectedSpans | undefined> {
    if (body.length === 0) return undefined;
    try {
      const { JsonTraceSerializer, ProtobufTraceSerializer } = await otlpSerializers();
      const serializer = this.#encoding === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer;
      const { partialSuccess } = serializer.deserializeResponse(body);
      const rejected = Number(partialSuccess?.rejectedSpans ?? 0);
      return rejected > 0 ? new RejectedSpans(rejected, partialSuccess?.errorMessage) : undefined;
    } catch {
      return undefined; // it said yes, whatever else it said
    }
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => wake(), milliseconds).unref();
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        resolve();
      };
      this.#wakers.add(wake);
    });
  }
}
