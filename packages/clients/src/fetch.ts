import {
  type ClientOptions,
  createClientTracing,
  type Delivery,
  is,
  type RequestHeaders,
} from '@throughline/core/http-client';
import { readFetch } from './fetch-request.ts';

/** The options of {@link tracedFetch}. */
export type FetchOptions = ClientOptions & {
  /**
   * The fetch to trace, such as undici's or one that retries.
   * @default the global one, as it is when `tracedFetch` is called
   */
  fetch?: typeof fetch;
};

// A registered symbol, so that two copies of this package see one function.
const UNTRACED = Symbol.for('throughline.untraced-fetch');

/**
 * Makes a `fetch` that traces its calls and passes the trace on; all else is as without it. A fetch that is traced
 * already is not traced twice, the new options hold. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const fetch = tracedFetch();
 * const response = await fetch('https://example.com/basket');
 */
export function tracedFetch(options: FetchOptions = {}): typeof fetch {
  const tracing = createClientTracing('fetch', options, { fetch: is.function });
  const { fetch: given = globalThis.fetch } = options;
  const untraced = (given as typeof fetch & { [UNTRACED]?: typeof fetch })[UNTRACED] ?? given;

  const traced: typeof fetch = (...args) => {
    const request = readFetch(args);
    if (request === undefined) return untraced(...args);
    const { method, url, signal, header } = request;
    const send = (headers: RequestHeaders): Promise<Response> => untraced(...request.withHeaders(headers));
    return tracing.run({ method, url, signal, header, send, delivery });
  };
  return Object.assign(traced, { [UNTRACED]: untraced });
}

function delivery(outcome: unknown): Delivery | undefined {
  const { status, headers, body } = outcome as Response;
  if (typeof status !== 'number') return undefined;
  return { statusCode: status, header: (name) => headers.get(name) ?? undefined, body };
}
