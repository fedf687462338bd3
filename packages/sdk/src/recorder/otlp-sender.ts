import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { gzip } from 'node:zlib';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { rejectedSpans } from './export-response.ts';

export type SenderOptions = {
  /** The full URL of the collector's trace endpoint. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  /** How many bytes may wait for the collector; what comes beyond that is lost. */
  readonly maxQueuedBytes: number;
};

/** What became of the spans that were given to `send`. */
export type Delivery = { exported: number; failed: number; dropped: number };

/** One export request, and how many spans it holds. */
type Parcel = { readonly body: Buffer; readonly spans: number };

/** `retryAfterMs` is there where another attempt may help. */
type Answer = {
  readonly accepted: boolean;
  readonly rejected: number;
  readonly reason: string;
  readonly retryAfterMs?: number;
};

const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 16_000;
const MAX_RESPONSE_BYTES = 65_536;
// https://opentelemetry.io/docs/specs/otlp/#failures-1
const RETRYABLE = new Set([429, 502, 503, 504]);

/**
 * Sends OTLP requests over HTTP, one after the other on one connection, off the path of any request: compressed in the
 * thread pool, with a bounded queue, retried as the protocol says, and never keeping the process alive.
 */
export class OtlpSender {
  /** Counts of spans so far; they sum up to what was sent, less what is still on its way. */
  readonly delivery: Delivery = { exported: 0, failed: 0, dropped: 0 };
  /** Why spans were last lost. */
  lastFailure: string | undefined;
  readonly #options: SenderOptions;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #queue: Parcel[] = [];
  #queuedBytes = 0;
  #working: Promise<void> | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
    const keepAlive = { keepAlive: true, maxSockets: 1 };
    this.#agent = options.url.protocol === 'https:' ? new HttpsAgent(keepAlive) : new HttpAgent(keepAlive);
  }

  /** Queues a request; where the queue is full its spans are dropped and counted. */
  send(body: Buffer, spans: number): void {
    if (this.#stopped || this.#queuedBytes + body.length > this.#options.maxQueuedBytes) {
      this.delivery.dropped += spans;
      this.lastFailure = this.#stopped ? 'tracing was shut down' : 'the collector is slower than the service';
      return;
    }
    this.#queue.push({ body, spans });
    this.#queuedBytes += body.length;
    this.#working ??= this.#work();
  }

  /** Resolves when the queue is empty. Waits for no retry: what fails now is sent again without delay, once. */
  async flush(): Promise<void> {
    this.#wake?.();
    await this.#working;
  }

  /** Ends at once: what is still queued is dropped and counted. */
  stop(): void {
    this.#stopped = true;
    for (const { spans } of this.#queue.splice(0)) this.delivery.dropped += spans;
    this.#queuedBytes = 0;
    this.#wake?.();
    this.#agent.destroy();
  }

  async #work(): Promise<void> {
    for (let parcel = this.#queue[0]; parcel !== undefined; parcel = this.#queue[0]) {
      await this.#deliver(parcel);
      if (this.#queue[0] === parcel) this.#queuedBytes -= (this.#queue.shift() as Parcel).body.length;
    }
    this.#working = undefined;
  }

  async #deliver({ body, spans }: Parcel): Promise<void> {
    const compressed = this.#options.compression === 'gzip' ? await compress(body) : body;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#attempt(compressed);
      if (answer.accepted) {
        const rejected = Math.min(answer.rejected, spans);
        this.delivery.exported += spans - rejected;
        this.delivery.failed += rejected;
        if (rejected > 0) this.lastFailure = answer.reason;
        return;
      }
      if (answer.retryAfterMs === undefined || attempt === MAX_ATTEMPTS || this.#stopped) {
        this.delivery.failed += spans;
        this.lastFailure = answer.reason;
        return;
      }
      await this.#pause(Math.max(answer.retryAfterMs, backoff(attempt)));
    }
  }

  #attempt(body: Buffer): Promise<Answer> {
    const { url, headers, compression, timeoutMs } = this.#options;
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve) => {
      const fail = (thrown: Error & { code?: string }): void =>
        resolve({ accepted: false, rejected: 0, reason: thrown.code ?? thrown.message, retryAfterMs: 0 });
      // Instrumentations must not trace what carries the traces.
      context.with(suppressTracing(ROOT_CONTEXT), () => {
        const outgoing = request(url, {
          method: 'POST',
          agent: this.#agent,
          timeout: timeoutMs,
          headers: {
            ...headers,
            'content-type': 'application/x-protobuf',
            'content-length': body.length,
            ...(compression === 'gzip' && { 'content-encoding': 'gzip' }),
          },
        });
        const deadline = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
        deadline.unref();
        outgoing.on('socket', (socket) => socket.unref());
        outgoing.on('error', fail);
        outgoing.on('close', () => clearTimeout(deadline));
        outgoing.on('response', (response) => readAnswer(response).then(resolve, fail));
        outgoing.end(body);
      });
    });
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_RESPONSE_BYTES) {
      response.destroy();
      break;
    }
    chunks.push(chunk);
  }
  const status = response.statusCode as number;
  if (status >= 200 && status < 300) {
    const { rejected, message } = rejectedSpans(Buffer.concat(chunks));
    return { accepted: true, rejected, reason: `the collector rejected spans: ${message}` };
  }
  const reason = `the collector answered ${status}`;
  if (!RETRYABLE.has(status)) return { accepted: false, rejected: 0, reason };
  return { accepted: false, rejected: 0, reason, retryAfterMs: retryAfter(response.headers['retry-after']) };
}

// Seconds or a date, and never longer than we would wait by ourselves.
function retryAfter(header: string | undefined): number {
  if (header === undefined) return 0;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(milliseconds) ? Math.min(Math.max(milliseconds, 0), MAX_BACKOFF_MS) : 0;
}

// Full jitter, so that a fleet does not come back all at once.
function backoff(attempt: number): number {
  return Math.random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
}

function compress(body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(body, { level: 1 }, (error, compressed) => (error === null ? resolve(compressed) : reject(error)));
  });
}
