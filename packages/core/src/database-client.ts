import {
  type Attributes,
  type Context,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { ATTR_DB_RESPONSE_STATUS_CODE, ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { countQuery } from './client/repeated-query.ts';
import { isSuppressed, suppressTracing } from './context/suppression.ts';
import { ATTR_CANCELLED } from './http/http-attributes.ts';
import { checkOptions, is, type OptionChecks } from './options.ts';
import { callSafely, errorMessage, errorType, recordException } from './span/failure.ts';
import { type AttributeItems, itemsOf, NO_LINKS, startSpanWith } from './span/span-start.ts';
import { VERSION } from './version.ts';

export { ATTR_LONG_LIVED } from './http/http-attributes.ts';

/** The options all traced databases share. */
export type DatabaseOptions = {
  /**
   * Where spans are made.
   * @default the provider registered with `@opentelemetry/api`
   */
  tracerProvider?: TracerProvider;
  /**
   * What of a query's text is put on the span: `'sanitized'`, without what may be data; `'full'`, as it is; `'none'`.
   * @default 'sanitized'
   */
  queryText?: 'sanitized' | 'full' | 'none';
  /**
   * Queries not to trace, by their summary (`SELECT users`) or command (`PING`), the name of their span.
   * @default none
   */
  ignore?: (summary: string) => boolean;
};

/** What differs between database systems. */
export type DatabaseSystem = {
  /** The code with which the server refused; `undefined` if it was not the server. */
  statusCode(thrown: unknown): string | undefined;
  /** The low-cardinality type of an error whose class and code say nothing. */
  errorType(message: string): string | undefined;
  /** Whether it is the caller who gave the query up. */
  isCancelled?(thrown: unknown): boolean;
  /** Takes out of the text of an error what may be data. */
  redact(text: string, statusCode: string | undefined): string;
};

/** Checks of the options all traced databases share. */
export const databaseOptionChecks: OptionChecks<DatabaseOptions> = {
  tracerProvider: is.tracerProvider,
  queryText: ["'sanitized', 'full' or 'none'", (value) => ['sanitized', 'full', 'none'].includes(value as string)],
  ignore: is.function,
};

/** A query on its way, and its CLIENT span, which ends once. */
export class DatabaseCall {
  /** The caller's context: what is called back for the query runs in it. */
  readonly context: Context;
  /** The span; `undefined` where there is none to be, though the query is nobody else's to trace either. */
  readonly span: Span | undefined;
  ended = false;
  readonly #system: DatabaseSystem;

  constructor(active: Context, span: Span | undefined, system: DatabaseSystem) {
    this.context = active;
    this.span = span;
    this.#system = system;
  }

  /** Hands the query to the driver, in a context in which no instrumentation makes a second span of it. */
  run<Arguments extends unknown[], Result>(
    driver: (...args: Arguments) => Result,
    self: unknown,
    ...args: Arguments
  ): Result {
    return context.with(suppressTracing(this.context), driver, self as never, ...args);
  }

  /** Ends the span: the answer is complete. */
  end(attributes?: Attributes): void {
    if (this.ended) return;
    this.ended = true;
    if (attributes !== undefined) this.span?.setAttributes(attributes);
    this.span?.end();
  }

  /** Ends the span with what went wrong. A query that its caller gave up is no error. */
  fail(thrown: unknown): void {
    if (this.ended) return;
    this.ended = true;
    if (this.span?.isRecording() === true) describeFailure(this.span, thrown, this.#system);
    this.span?.end();
  }
}

/** Traces the queries of one client or pool. */
export type DatabaseTracing = {
  /**
   * Starts the span of a query, a child of the active one; `undefined` where tracing is suppressed. `summary` is its name
   * and what repetitions in a request are counted by.
   */
  start(summary: string, attributes: () => Attributes): DatabaseCall | undefined;
  /** Records what took place before, such as waiting for a connection, from a time of `performance.now()` until now. */
  recordPast(name: string, startedAt: number, attributes: Attributes, active: Context, thrown?: unknown): void;
};

/**
 * Prepares the tracing of a database client; `name` is its name in errors and scopes. `ownChecks` are for the options that
 * this client has besides. Throws a `TypeError` for a wrong option.
 */
export function createDatabaseTracing<Options extends DatabaseOptions>(
  name: string,
  system: DatabaseSystem,
  options: Options,
  ownChecks: OptionChecks<Omit<Options, keyof DatabaseOptions>>,
): DatabaseTracing;
export function createDatabaseTracing(
  name: string,
  system: DatabaseSystem,
  options: DatabaseOptions,
  ownChecks: OptionChecks<object>,
): DatabaseTracing {
  checkOptions(name, options, { ...databaseOptionChecks, ...ownChecks });
  const { tracerProvider = trace, ignore } = options;
  const tracer: Tracer = tracerProvider.getTracer(`@throughline/databases/${name}`, VERSION);
  return {
    start(summary, attributes) {
      const active = context.active();
      if (isSuppressed(active)) return undefined;
      if (ignore !== undefined && callSafely('ignore', ignore, summary) === true) {
        return new DatabaseCall(active, undefined, system);
      }
      const begin = (): Span => startSpanWith(tracer, summary, SpanKind.CLIENT, NO_LINKS, listed, attributes, active);
      const span = callSafely('tracerProvider', begin);
      if (span?.isRecording() === true) countQuery(active, summary);
      return new DatabaseCall(active, span, system);
    },
    recordPast(spanName, startedAt, attributes, active, ...thrown) {
      if (isSuppressed(active)) return;
      callSafely('tracerProvider', () => {
        const span = tracer.startSpan(spanName, { startTime: startedAt, attributes }, active);
        if (thrown.length > 0 && span.isRecording()) describeFailure(span, thrown[0], system);
        span.end();
      });
    },
  };
}

function listed(attributes: () => Attributes): AttributeItems {
  return itemsOf(attributes());
}

function describeFailure(span: Span, thrown: unknown, system: DatabaseSystem): void {
  if (system.isCancelled?.(thrown) === true) {
    span.setAttribute(ATTR_CANCELLED, true);
    return;
  }
  const statusCode = system.statusCode(thrown);
  const message = errorMessage(thrown);
  const redact = (text: string): string => system.redact(text, statusCode);
  recordException(span, thrown, redact);
  if (statusCode !== undefined) span.setAttribute(ATTR_DB_RESPONSE_STATUS_CODE, statusCode);
  span.setAttribute(ATTR_ERROR_TYPE, statusCode ?? system.errorType(message) ?? errorType(thrown));
  span.setStatus({ code: SpanStatusCode.ERROR, message: redact(message) });
}
