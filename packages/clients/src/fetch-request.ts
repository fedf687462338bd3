import type { RequestHeaders } from '@throughline/core/http-client';

type FetchArguments = Parameters<typeof fetch>;

/** What a call of `fetch` asks for. */
export type FetchRequest = {
  readonly method: string;
  readonly url: string;
  readonly signal: AbortSignal | null | undefined;
  header(name: string): string | undefined;
  /** The arguments with these headers besides the caller's. Nothing of the caller's is changed. */
  withHeaders(headers: RequestHeaders): FetchArguments;
};

/** Reads the arguments of `fetch`, in every form it takes; `undefined` if fetch is going to refuse them. */
export function readFetch(args: FetchArguments): FetchRequest | undefined {
  try {
    return read(args);
  } catch {
    return undefined;
  }
}

function read(args: FetchArguments): FetchRequest | undefined {
  const [input, init] = args;
  if (init !== undefined && init !== null && typeof init !== 'object') return undefined;
  const request = typeof input === 'object' && 'url' in input ? input : undefined;
  const given = init?.headers ?? request?.headers;
  const headers = given === undefined || given === null ? undefined : new Headers(given);
  return {
    method: normalizeMethod(init?.method ?? request?.method ?? 'GET'),
    url: request === undefined ? String(input) : request.url,
    signal: init?.signal === undefined ? request?.signal : init.signal,
    header: (name) => headers?.get(name) ?? undefined,
    withHeaders(added) {
      if (Object.keys(added).length === 0) return args;
      if (headers === undefined) return [input, copyInit(request, init, withoutNulls(added))];
      for (const [name, value] of Object.entries(added)) {
        if (value === null) headers.delete(name);
        else headers.set(name, value);
      }
      return [input, copyInit(request, init, headers)];
    },
  };
}

// https://fetch.spec.whatwg.org/#concept-method-normalize: `patch` stays as it is.
function normalizeMethod(method: string): string {
  if (method === 'GET') return method;
  return /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : String(method);
}

// Inherited members count: an init may be a Request, or be made from defaults by Object.create().
function copyInit(
  request: Request | undefined,
  init: RequestInit | null | undefined,
  headers: NonNullable<RequestInit['headers']>,
): RequestInit {
  if (request === undefined && (init === undefined || init === null)) return { headers };
  const copy: Record<string, unknown> = {};
  for (const name in init) copy[name] = init[name as keyof RequestInit];
  // Any init makes fetch forget the referrer of a Request; https://fetch.spec.whatwg.org/#dom-request
  if (request !== undefined && Object.keys(copy).length === 0) {
    copy.referrer = request.referrer;
    copy.referrerPolicy = request.referrerPolicy;
  }
  copy.headers = headers;
  return copy;
}

function withoutNulls(added: RequestHeaders): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in added) {
    const value = added[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}
