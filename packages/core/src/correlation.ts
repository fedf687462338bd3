import { type Context, createContextKey, type Span } from '@opentelemetry/api';
import { randomTraceId } from './random-ids.ts';
import { callSafely } from './span/failure.ts';

/** How requests are given an id that people can search their logs by. */
export type CorrelationOptions = {
  /**
   * Request headers that may carry an id, most trusted first. The first one is also the header of responses and
   * outgoing calls.
   * @default ['x-request-id', 'x-correlation-id']
   */
  headers?: readonly string[];
  /**
   * Which inbound ids to accept; any other is replaced, never reflected and never logged. Whatever it says, an id is
   * at most 256 visible ASCII characters.
   * @default /^[A-Za-z0-9._-]{1,128}$/
   */
  valid?: RegExp | ((id: string) => boolean);
  /**
   * Makes the id of a request that brought none: 128 random bits in hex, the trace id, or your own function.
   * @default 'random'
   */
  generate?: 'random' | 'trace-id' | (() => string);
};

/** The correlation ID of a request and the header it travels in. */
export type Correlation = { readonly id: string; readonly header: string };

/** What came with a request or a message, by lower-case name: Node's object of headers, or a function that looks one up. */
export type CorrelationSource =
  | Readonly<Record<string, string | string[] | undefined>>
  | ((name: string) => string | string[] | undefined);

/** Reads the correlation of a request, or makes one up; `span` is asked for its trace id where that is to be it. */
export type CorrelationReader = (source: CorrelationSource, span?: Pick<Span, 'spanContext'>) => Correlation;

/** Where contexts keep their request: createContextKey registers a global symbol, so two copies of this package read each other's values. */
export const REQUEST_SCOPE = createContextKey('throughline.request-scope');
const DEFAULT_HEADERS = ['x-request-id', 'x-correlation-id'];
const VISIBLE_ASCII = /^[!-~]{1,256}$/;
const DEFAULT_VALID = /^[A-Za-z0-9._-]{1,128}$/;
const MAX_REPEATED_HEADERS = 8;

/** What a context knows of the request or message it belongs to; an HTTP exchange is one. */
export type RequestScope = { readonly correlation: Correlation };

/** The request or message this context belongs to. */
export function getRequestScope(context: Context): RequestScope | undefined {
  return context.getValue(REQUEST_SCOPE) as RequestScope | undefined;
}

/** A context that belongs to this request: log lines and outgoing calls made in it carry its correlation. */
export function setRequestScope(context: Context, scope: RequestScope): Context {
  return context.setValue(REQUEST_SCOPE, scope);
}

/** The correlation of the request or message this context belongs to. */
export function getCorrelation(context: Context): Correlation | undefined {
  return getRequestScope(context)?.correlation;
}

/** Compiles the options once into the function that reads, validates or generates the id of each request. */
export function correlationReader(options: CorrelationOptions): CorrelationReader {
  const { generate = 'random' } = options;
  const find = correlationFinder(options);
  const header = outboundHeader(options);
  return (source, span) => find(source) ?? { id: generated(generate, span), header };
}

/** Compiles the options once into the function that reads and validates an id, and makes none up. */
export function correlationFinder(options: CorrelationOptions): (source: CorrelationSource) => Correlation | undefined {
  const { headers = DEFAULT_HEADERS, valid = DEFAULT_VALID } = options;
  const names = headers.map((name) => name.toLowerCase());
  const outbound = outboundHeader(options);
  const isValid = (id: string): boolean => VISIBLE_ASCII.test(id) && accepts(valid, id);

  return (source) => {
    for (const name of names) {
      const value = typeof source === 'function' ? source(name) : source[name];
      const id = value === undefined ? undefined : firstValid(value, isValid);
      if (id !== undefined) return { id, header: outbound };
    }
    return undefined;
  };
}

function outboundHeader({ headers = DEFAULT_HEADERS }: CorrelationOptions): string {
  return (headers[0] as string).toLowerCase();
}

function accepts(valid: RegExp | ((id: string) => boolean), id: string): boolean {
  if (typeof valid === 'function') return callSafely('correlation.valid', valid, id) === true;
  valid.lastIndex = 0; // a global or sticky expression remembers where it stopped
  return valid.test(id);
}

// Node joins repeated header lines with ", ": the first valid line wins.
function firstValid(value: string | string[], isValid: (id: string) => boolean): string | undefined {
  if (typeof value === 'string') {
    if (isValid(value)) return value;
    if (!value.includes(',')) return undefined;
  }
  const lines = typeof value === 'string' ? value.slice(0, 4096).split(',', MAX_REPEATED_HEADERS) : value;
  return lines.map((line) => line.trim()).find(isValid);
}

function generated(
  generate: NonNullable<CorrelationOptions['generate']>,
  span: Pick<Span, 'spanContext'> | undefined,
): string {
  if (typeof generate === 'function') {
    const id = callSafely('correlation.generate', generate);
    if (typeof id === 'string' && VISIBLE_ASCII.test(id)) return id;
  } else if (generate === 'trace-id' && span !== undefined) {
    const { traceId } = span.spanContext();
    if (!/^0*$/.test(traceId)) return traceId;
  }
  return randomTraceId(); // 128 random bits
}
