import { connect, isIP, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { type HttpAnswer, HttpAnswerReader } from './http-answer.ts';
import type { OtlpSettings } from './otlp-settings.ts';

/** What came of one attempt to deliver. */
export type Answer =
  | { readonly accepted: true; readonly body: Buffer }
  /** `retryAfterMs` is there if another attempt may succeed: how long to wait at least. */
  | { readonly accepted: false; readonly reason: string; readonly retryAfterMs?: number };

const MAX_RESPONSE_BYTES = 65_536;
// https://opentelemetry.io/docs/specs/otlp/#failures-1
const RETRYABLE = new Set([429, 502, 503, 504]);

/**
 * Sends requests to a collector on connections that do not keep the process alive. It speaks HTTP/1.1 on bare sockets: with
 * Node's own client, the classes that an application's server is made of are used in a second way, and from the first export
 * on each of its requests takes some 5,000 instructions more (Node.js 20).
 */
export class OtlpConnection {
  readonly #settings: OtlpSettings;
  readonly #open = new Set<Socket>();
  #idle: Socket | undefined;
  #closed = false;

  constructor(settings: OtlpSettings) {
    this.#settings = settings;
  }

  /** Posts a body once. Never rejects. */
  async post(body: Uint8Array, headers: Readonly<Record<string, string>>, timeoutMs: number): Promise<Answer> {
    const head = requestHead(this.#settings, { ...this.#settings.headers, ...headers }, body.length);
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const idle = this.#takeIdle();
      const attempt = new Attempt(idle ?? this.#connect(), head, body);
      try {
        const answer = await attempt.answer(Math.max(1, deadline - performance.now()), timeoutMs);
        this.#giveBack(attempt.socket, answer.keepsConnection && attempt.socket.writableLength === 0);
        return judged(answer);
      } catch (thrown) {
        attempt.socket.destroy();
        // A server may close a connection that nobody has used for a while, just as we do.
        if (idle !== undefined && !attempt.hasBegun && !attempt.isLate && !this.#closed) continue;
        const { code, message } = thrown as Error & { code?: string };
        return { accepted: false, reason: code ?? message, retryAfterMs: 0 };
      }
    }
  }

  /** Closes all connections, also those in use. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#open) socket.destroy();
  }

  #connect(): Socket {
    const { url, tls } = this.#settings;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const isSecure = url.protocol === 'https:';
    const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
    const socket = isSecure
      ? connectSecurely({
          host,
          port,
          ALPNProtocols: ['http/1.1'],
          ...(isIP(host) === 0 && { servername: host }),
          ...tls,
        })
      : connect({ host, port });
    this.#open.add(socket);
    socket.setNoDelay(true).unref();
    socket.on('error', () => {}); // whoever waits for an answer listens too
    // Nobody has asked: some servers say that they have waited long enough, and close.
    socket.on('data', () => {
      if (this.#idle === socket) socket.destroy();
    });
    socket.on('close', () => {
      this.#open.delete(socket);
      if (this.#idle === socket) this.#idle = undefined;
    });
    return socket;
  }

  #takeIdle(): Socket | undefined {
    const socket = this.#idle;
    this.#idle = undefined;
    return socket?.writable === true && socket.readable ? socket : undefined;
  }

  #giveBack(socket: Socket, isUsable: boolean): void {
    if (isUsable && !this.#closed && this.#idle === undefined && !socket.destroyed) this.#idle = socket;
    else socket.destroy();
  }
}

/** One request on a connection. */
class Attempt {
  readonly socket: Socket;
  isLate = false;
  readonly #head: string;
  readonly #body: Uint8Array;
  readonly #reader = new HttpAnswerReader(MAX_RESPONSE_BYTES);

  constructor(socket: Socket, head: string, body: Uint8Array) {
    this.socket = socket;
    this.#head = head;
    this.#body = body;
  }

  get hasBegun(): boolean {
    return this.#reader.hasBegun;
  }

  /** Sends the request, and resolves with the response. */
  answer(waitMs: number, timeoutMs: number): Promise<HttpAnswer> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.isLate = true;
        settle(() => reject(new Error(`no answer within ${timeoutMs} ms`)));
      };
      // After the event loop was blocked, timers come before the sockets: the answer may be there, and not be read yet.
      const timer = setTimeout(() => setImmediate(giveUp).unref(), waitMs).unref();
      const settle = (result: () => void): void => {
        clearTimeout(timer);
        socket.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onError);
        result();
      };
      const onAnswer = (answer: HttpAnswer | undefined): void => {
        if (answer !== undefined) settle(() => resolve(answer));
      };
      const onData = (bytes: Buffer): void => {
        try {
          onAnswer(this.#reader.read(bytes));
        } catch (thrown) {
          settle(() => reject(thrown));
        }
      };
      const onEnd = (): void => onAnswer(this.#reader.end());
      const onError = (error: Error): void => settle(() => reject(error));
      const onClose = (): void =>
        onError(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
      socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
      socket.cork();
      socket.write(this.#head, 'latin1');
      socket.write(this.#body);
      socket.uncork();
    });
  }
}

function requestHead({ url }: OtlpSettings, headers: Readonly<Record<string, string>>, length: number): string {
  const own = { host: url.host, connection: 'keep-alive', ...credentials(url) };
  const all: Record<string, string> = { ...own, ...headers, 'content-length': String(length) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function credentials({ username, password }: URL): { authorization?: string } {
  if (username === '' && password === '') return {};
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

function judged({ status, headers, body }: HttpAnswer): Answer {
  if (status >= 200 && status < 300) return { accepted: true, body };
  const reason = `the collector answered ${status}`;
  if (!RETRYABLE.has(status)) return { accepted: false, reason };
  return { accepted: false, reason, retryAfterMs: retryAfter(headers.get('retry-after')) };
}

/** In milliseconds; the header has seconds or a date. */
function retryAfter(header: string | undefined): number {
  if (header === undefined) return 0;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(milliseconds, 0) : 0;
}
