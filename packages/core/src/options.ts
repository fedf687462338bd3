import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span, TracerProvider } from '@opentelemetry/api';
import type { CorrelationOptions } from './correlation.ts';
import type { Trust } from './server/trust.ts';

/** The options all server adapters share. `request` and `response` are Node's own objects, whatever the framework. */
export type TracingOptions = {
  /**
   * Where spans are made.
   * @default the provider registered with `@opentelemetry/api`
   */
  tracerProvider?: TracerProvider;
  /**
   * Requests not to trace, such as health checks. Nothing they cause is traced either, here or in the services called.
   * @default none
   */
  ignore?: (request: IncomingMessage) => boolean;
  /**
   * What the trace context of a request is worth: `'continue'`, `'link'` or `'ignore'`.
   * @default every context is continued
   */
  trust?: (request: IncomingMessage) => Trust;
  /**
   * Which response statuses make the span an error.
   * @default 500 and above
   */
  isError?: (statusCode: number) => boolean;
  /** Where the correlation ID of a request comes from and goes to. */
  correlation?: CorrelationOptions;
  /**
   * Request headers to put on the span. `authorization`, `proxy-authorization`, `cookie` and `set-cookie` never are.
   * @default []
   */
  requestHeaders?: readonly string[];
  /**
   * Response headers to put on the span, with the same exceptions.
   * @default []
   */
  responseHeaders?: readonly string[];
  /**
   * Query parameters to redact besides the well-known credentials and signatures; case does not matter.
   * @default []
   */
  redactQuery?: readonly string[];
  /** Called when the span has started; a hook that throws changes nothing. */
  onStart?: (span: Span, request: IncomingMessage) => void;
  /** Called just before the span ends; a hook that throws changes nothing. */
  onEnd?: (span: Span, request: IncomingMessage, response: ServerResponse) => void;
};

type Check = readonly [description: string, accepts: (value: unknown) => boolean];

const aFunction: Check = ['a function', (value) => typeof value === 'function'];
const headerNames: Check = [
  'an array of header names',
  (value) =>
    Array.isArray(value) && value.every((name) => typeof name === 'string' && /^[!#$%&'*+.^_`|~\w-]+$/.test(name)),
];

/** One check per option; an object of them describes everything a function accepts. */
export type OptionChecks<Options> = { readonly [Name in keyof Required<Options>]: Check };

/** Checks for options, by what they accept. */
export const is = {
  function: aFunction,
  headerNames,
  strings: ['an array of strings', (value) => Array.isArray(value) && value.every((item) => typeof item === 'string')],
  tracerProvider: [
    'a TracerProvider (an object with `getTracer`)',
    (value) =>
      typeof value === 'object' && value !== null && 'getTracer' in value && typeof value.getTracer === 'function',
  ],
  object: ['an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value)],
} satisfies Record<string, Check>;

export const serverOptionChecks: OptionChecks<TracingOptions> = {
  tracerProvider: is.tracerProvider,
  ignore: is.function,
  trust: is.function,
  isError: is.function,
  correlation: is.object,
  requestHeaders: is.headerNames,
  responseHeaders: is.headerNames,
  redactQuery: is.strings,
  onStart: is.function,
  onEnd: is.function,
};

/** Checks of the options that say where the correlation ID comes from. */
export const correlationChecks: OptionChecks<CorrelationOptions> = {
  headers: ['a non-empty array of header names', (value) => headerNames[1](value) && (value as []).length > 0],
  valid: ['a RegExp or a function', (value) => value instanceof RegExp || typeof value === 'function'],
  generate: [
    "'random', 'trace-id' or a function",
    (value) => value === 'random' || value === 'trace-id' || typeof value === 'function',
  ],
};

/**
 * Throws a `TypeError` that names the first option which is unknown or of the wrong kind, and what was expected.
 * An option that is `undefined` counts as not given.
 */
export function checkOptions<Options extends object>(
  component: string,
  options: Options,
  checks: OptionChecks<Options>,
  prefix = '',
): void {
  if (!is.object[1](options)) {
    throw new TypeError(`[${component}] Expected the options to be an object, got ${describe(options)}.`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = Object.hasOwn(checks, name) ? (checks as Record<string, Check>)[name] : undefined;
    if (check === undefined) {
      const known = Object.keys(checks).map((option) => `\`${prefix}${option}\``);
      throw new TypeError(`[${component}] There is no option \`${prefix}${name}\`. Use one of ${known.join(', ')}.`);
    }
    const [expected, accepts] = check;
    if (!accepts(value)) {
      throw new TypeError(`[${component}] Expected \`${prefix}${name}\` to be ${expected}, got ${describe(value)}.`);
    }
    if (name === 'correlation') checkOptions(component, value as CorrelationOptions, correlationChecks, 'correlation.');
  }
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? `the string ${JSON.stringify(value.slice(0, 100))}` : typeof value;
}
