import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { OtlpSettings } from './otlp-settings.ts';

/** What came of one attempt to deliver. */
export type Answer =
  | { readonly accepted: true; readonly body: Buffer }
  /** `retryAfterMs` is there if another attempt may succeed: how long to wait at least. */
  | { readonly accepted: false; readonly reason: string; readonly retryAfterMs?: number };

const MAX_RESPONSE_BYTES = 65_536;
// https://opentelemetry.io/docs/specs/otlp/#failures-1
const RETRYABLE = new Set([429, 502, 503, 504]);

/** Sends requests to a collector on connections that do not keep the process alive. */
export class OtlpConnection {
  readonly #settings: OtlpSettings;
  readonly #secure: boolean;
  readonly #agent: HttpAgent;

  constructor(settings: OtlpSettings) {
    this.#settings = settings;
    this.#secure = settings.url.protocol === 'https:';
    this.#agent = this.#secure
      ? new HttpsAgent({ keepAlive: true, ...settings.tls })
      : new HttpAgent({ keepAlive: true });
  }

  /** Posts a body once. Never rejects. */
  post(body: Uint8Array, headers: Readonly<Record<string, string>>, timeoutMs: number): Promise<Answer> {
    const { url } = this.#settings;
    return new Promise((resolve) => {
      const fail = (error: Error & { code?: string }): void =>
        resolve({ accepted: false, reason: error.code ?? error.message, retryAfterMs: 0 });
      const outgoing = (this.#secure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent: this.#agent,
        headers: { ...this.#settings.headers, ...headers, 'content-length': body.length },
      });
      const giveUp = (): void => void outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`));
      // After the event loop was blocked, timers come before the sockets: the answer may be there, and not be read yet.
      const timer = setTimeout(() => setImmediate(giveUp).unref(), timeoutMs).unref();
      outgoing.on('socket', (socket) => socket.unref());
      outgoing.on('error', fail);
      outgoing.on('close', () => clearTimeout(timer));
      outgoing.on('response', (response) => readAnswer(response).then(resolve, fail));
      outgoing.end(body);
    });
  }

  /** Closes all connections, also those in use. */
  close(): void {
    this.#agent.destroy();
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_RESPONSE_BYTES) break; // which destroys the response
    chunks.push(chunk);
  }
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return { accepted: true, body: Buffer.concat(chunks) };
  const reason = `the collector answered ${status}`;
  if (!RETRYABLE.has(status)) return { accepted: false, reason };
  return { accepted: false, reason, retryAfterMs: retryAfter(response.headers['retry-after']) };
}

/** In milliseconds; the header has seconds or a date. */
function retryAfter(header: string | undefined): number {
  if (header === undefined) return 0;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(milliseconds, 0) : 0;
}
