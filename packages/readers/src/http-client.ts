import { shownText } from './shown-text.ts';
import { TraceSourceError } from './trace-source.ts';

/** How to talk to a backend. */
export type HttpOptions = {
  /**
   * Headers of every request, as for a token or a tenant (`X-Scope-OrgID`). They never show in errors.
   * @default {}
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How many milliseconds one request may take, answer included.
   * @default 30_000
   */
  readonly timeoutMs?: number;
};

/** An answer that was read whole. */
export type HttpAnswer = { readonly status: number; readonly type: string; readonly body: Uint8Array };

export type HttpRequest = {
  readonly params?: readonly (readonly [string, string])[] | undefined;
  readonly accept?: string;
  /** A body makes it a POST. */
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** Statuses beside success that the caller can read, as 404 for what does not exist. */
  readonly allow?: readonly number[];
};

/** No answer of a query is sensibly larger. */
const MAX_ANSWER = 512 * 2 ** 20;
const MAX_ATTEMPTS = 4;
/** Asks a busy server again after so many milliseconds, doubled each time, unless it names a time itself. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;
/** Too many requests; a gateway or a server that is not there for the moment. */
const BUSY: readonly number[] = [429, 502, 503, 504];

/**
 * Asks one server over HTTP. What goes wrong becomes a `TraceSourceError` that names the server and the remedy, without
 * the credentials of the address or of headers, whatever the server repeats of them.
 */
export class HttpClient {
  /** What the server is and where, without credentials: `Jaeger at http://localhost:16686`. */
  readonly name: string;
  readonly endpoint: string;
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #secrets: readonly string[];
  readonly #timeoutMs: number;

  constructor(product: string, address: URL, { headers = {}, timeoutMs = 30_000 }: HttpOptions = {}) {
    const { username, password } = address;
    this.endpoint = `${address.origin}${address.pathname.replace(/\/+$/, '')}`;
    this.name = `${product} at ${this.endpoint}`;
    this.#base = this.endpoint;
    this.#timeoutMs = timeoutMs;
    this.#headers = { ...headers };
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    if (credentials !== ':') this.#headers.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    this.#secrets = [...Object.values(this.#headers), decodeURIComponent(password)]
      .flatMap((value) => [value, value.replace(/^\w+ /, '')])
      .filter((secret) => secret.length >= 4);
  }

  /** The answer of a path, whose parts the caller has encoded. */
  async request(path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#send(path, request);
      if (BUSY.includes(response.status) && attempt < MAX_ATTEMPTS) {
        await response.body?.cancel();
        await pause(pauseBefore(response, attempt), request.signal);
        continue;
      }
      const body = await this.#bodyOf(response, path, request.signal);
      const { status } = response;
      if ((status < 200 || status >= 300) && request.allow?.includes(status) !== true)
        throw this.#refusal(path, response, body);
      return { status, type: response.headers.get('content-type') ?? '', body };
    }
  }

  /** The parsed JSON of a path; `undefined` for the statuses that the caller allows. */
  async json(path: string, request: HttpRequest = {}): Promise<unknown> {
    const answer = await this.request(path, { accept: 'application/json', ...request });
    return answer.status >= 300 ? undefined : this.parse(path, answer);
  }

  /** The JSON of an answer. */
  parse(path: string, { body, type }: HttpAnswer): unknown {
    try {
      return JSON.parse(new TextDecoder().decode(body));
    } catch (error) {
      const got = type.includes('html') ? 'a web page' : `${type || 'something'} that is none`;
      throw this.error(path, `expected JSON, got ${got}. Is this the address of its query API?`, error);
    }
  }

  /** An error of this server, without credentials. */
  error(path: string, reason: string, cause?: unknown): TraceSourceError {
    const message = this.#withoutSecrets(`[readers] ${this.name}, ${path}: ${reason}`);
    // The cause of a network error names the address, but not more.
    return new TraceSourceError(this.endpoint, message, cause === undefined ? {} : { cause });
  }

  async #send(path: string, { params, accept, body, signal }: HttpRequest): Promise<Response> {
    const query =
      params === undefined || params.length === 0 ? '' : `?${new URLSearchParams(params.map(([...pair]) => pair))}`;
    try {
      return await fetch(`${this.#base}${path}${query}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...(accept === undefined ? {} : { accept }), ...this.#headers },
        // Where a server sends its callers elsewhere, that may be a log-in page, and nobody to give credentials to.
        redirect: 'manual',
        signal: this.#limit(signal),
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      throw this.#failure(path, error, signal);
    }
  }

  #limit(signal: AbortSignal | undefined): AbortSignal {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  }

  async #bodyOf(response: Response, path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of response.body ?? []) {
        size += chunk.length;
        if (size > MAX_ANSWER) break;
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.#failure(path, error, signal);
    }
    if (size > MAX_ANSWER)
      throw this.error(
        path,
        `the answer is larger than ${MAX_ANSWER >> 20} MiB. Ask for less: a shorter time, a lower limit.`,
      );
    return Buffer.concat(chunks);
  }

  #failure(path: string, error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason;
    if (error instanceof Error && error.name === 'TimeoutError')
      return this.error(
        path,
        `no answer within ${this.#timeoutMs} ms. Ask for less, or allow more with timeoutMs.`,
        error,
      );
    const { cause } = error as { cause?: unknown };
    const reason = cause instanceof Error ? reasonOf(cause) : `${error}`;
    return this.error(path, `${reason}. Is it running, and is this its address?`, error);
  }

  #refusal(path: string, response: Response, body: Uint8Array): TraceSourceError {
    const { status } = response;
    const said = shownText(saidIn(new TextDecoder().decode(body.subarray(0, 10_000))), 300);
    const answer = `answers ${status}${said === '' ? '' : `: ${said}`}`;
    return this.error(path, `${answer}${/[.!?]$/.test(answer) ? '' : '.'} ${remedyOf(status)}`);
  }

  #withoutSecrets(text: string): string {
    return this.#secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
  }
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  // Of several addresses that were tried, each says the same.
  const [first] = error instanceof AggregateError ? error.errors : [];
  return first instanceof Error ? first.message : error.message || code || error.name;
}

function remedyOf(status: number): string {
  if (status === 401 || status === 403) return 'Give credentials in the address or in headers.';
  if (status === 404) return 'Is this the address of its query API, with its base path?';
  if (status >= 300 && status < 400) return 'Give the address that it sends to, or credentials for it.';
  if (BUSY.includes(status)) return `It was asked ${MAX_ATTEMPTS} times; try again later.`;
  return status >= 500 ? 'Its log will say more.' : 'It does not take this query.';
}

// What servers put into a JSON answer beside it, or the text itself.
function saidIn(text: string): string {
  if (/^\s*</.test(text)) return '';
  try {
    const answer = JSON.parse(text);
    const said = answer?.error?.message ?? answer?.errors?.[0]?.msg ?? answer?.message ?? answer?.error;
    return typeof said === 'string' ? said : text;
  } catch {
    return text;
  }
}

function pauseBefore(response: Response, attempt: number): number {
  const after = response.headers.get('retry-after');
  if (after === null) return FIRST_PAUSE * 2 ** (attempt - 1);
  const asked = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
  return Number.isNaN(asked) ? FIRST_PAUSE : Math.min(Math.max(asked, 0), LONGEST_PAUSE);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
