import type { IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import { isIPv6 } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import type { RequestHeaders } from '@throughline/core/http-client';

type Listener = (response: IncomingMessage) => void;
type Headers = OutgoingHttpHeaders | readonly string[] | undefined;

/** What a call of `http.request` asks for. */
export type HttpRequest = {
  readonly method: string;
  readonly url: URL;
  readonly signal: AbortSignal | undefined;
  header(name: string): string | string[] | undefined;
  /** Arguments that ask for the same, with these headers besides the caller's. Nothing of the caller's is changed. */
  withHeaders(headers: RequestHeaders): [RequestOptions, Listener | undefined];
};

/**
 * Reads the arguments of `http.request`, in every form it takes; `undefined` if it is going to refuse them. `scheme`, such
 * as `http:`, is for those that name none.
 */
export function readHttp(args: readonly unknown[], scheme: string): HttpRequest | undefined {
  try {
    return read(args, scheme);
  } catch {
    return undefined;
  }
}

// As Node does it: what is not given as an option comes from the URL.
function read(args: readonly unknown[], scheme: string): HttpRequest {
  const [first, ...rest] = args;
  const url = typeof first === 'string' ? new URL(first) : isUrl(first) ? first : undefined;
  const [second, third] = url === undefined ? args : rest;
  const given = typeof second === 'function' ? undefined : (second as RequestOptions | undefined);
  const options: RequestOptions = { ...(url !== undefined && urlToHttpOptions(url)), ...given };
  const listener = (typeof second === 'function' ? second : third) as Listener | undefined;
  return {
    method: (options.method || 'GET').toUpperCase(),
    url: targetOf(options, scheme),
    signal: options.signal,
    header: (name) => headerOf(options.headers, name),
    withHeaders: (added) => [
      { ...options, headers: addHeaders(options.headers, added) as OutgoingHttpHeaders },
      listener,
    ],
  };
}

// What `url.parse` returns has a path, and is an object of options.
function isUrl(value: unknown): value is URL {
  const { href, protocol, auth, path } = Object(value) as Partial<URL> & RequestOptions;
  return Boolean(href) && Boolean(protocol) && auth === undefined && path === undefined;
}

function targetOf({ protocol, hostname, host, port, path, auth, ...options }: RequestOptions, scheme: string): URL {
  const name = hostname || host || 'localhost';
  const { defaultPort } = Object(options.agent) as { defaultPort?: number };
  const chosen = port || options.defaultPort || defaultPort || '';
  const origin = `${protocol || scheme}//${isIPv6(name) ? `[${name}]` : name}${chosen === '' ? '' : `:${chosen}`}`;
  // A proxy is asked for a whole URL, or to CONNECT; `OPTIONS *` is about the server.
  const url = new URL(path?.startsWith('/') ? origin + path : /^https?:\/\//.test(path ?? '') ? String(path) : origin);
  const colon = auth?.indexOf(':') ?? -1;
  if (auth) {
    url.username = colon < 0 ? auth : auth.slice(0, colon);
    url.password = colon < 0 ? '' : auth.slice(colon + 1);
  }
  return url;
}

function headerOf(headers: Headers, name: string): string | string[] | undefined {
  const values = pairsOf(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => (Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)]));
  return values.length > 1 ? values : values[0];
}

/** In the form that the caller chose, for Node treats them differently: an array is sent as it is. */
function addHeaders(headers: Headers, added: RequestHeaders): unknown {
  if (Object.keys(added).length === 0) return headers;
  const kept = pairsOf(headers).filter(([name]) => !Object.hasOwn(added, name.toLowerCase()));
  const pairs = [...kept, ...Object.entries(added).filter(([, value]) => value !== null)];
  return Array.isArray(headers) ? pairs.flat() : Object.fromEntries(pairs);
}

function pairsOf(headers: Headers): [name: string, value: unknown][] {
  if (!Array.isArray(headers)) return Object.entries(headers ?? {});
  const list = headers as readonly unknown[];
  if (Array.isArray(list[0])) return list as [string, unknown][];
  return list.flatMap((name, n) => (n % 2 === 0 ? [[String(name), list[n + 1]] as [string, unknown]] : []));
}
