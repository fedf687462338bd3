import { performance } from 'node:perf_hooks';
import { type Context, type Span, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions';
import { ActiveContext } from './context/active-context.ts';
import { context } from './context/registered-api.ts';
import { ignoredContext } from './context/suppression.ts';
import { type Correlation, getRequestScope } from './correlation.ts';
import { ATTR_LONG_LIVED, ATTR_REQUEST_ID, ATTR_TIME_TO_FIRST_BYTE } from './http/http-attributes.ts';
import type { StartedExchange } from './http-measurement.ts';
import { spanName } from './server/server-span.ts';
import { errorMessage, errorType, recordException } from './span/failure.ts';

/** How an exchange ended, as seen from the response. */
export type Outcome = {
  /** The status that was sent; `undefined` if no headers were. */
  readonly statusCode: number | undefined;
  /** Who broke the exchange off before the response was complete. */
  readonly abortedBy: 'client' | 'server' | undefined;
  /** The content type that was sent. */
  readonly contentType: string | undefined;
};

const MAX_FAILURES = 4;
const FIRST_BYTE_RESOLUTION_MS = 1;

/**
 * One HTTP exchange: a request that came in, its SERVER span, and the context its handlers run in. Adapters tell it the
 * facts they learn (`setRoute`, `recordFailure`); it decides what they mean for the span and ends it exactly once.
 */
export class Exchange {
  /** What handlers run in. An adapter moves it on when a middleware changed it. */
  context: Context;
  readonly span: Span;
  /** The route template that answers, if one matched. */
  route: string | undefined;
  /** The template of the path that the running middleware is mounted at, where the router tells. */
  mount: string | undefined;
  readonly correlation: Correlation;
  /** Whether the span is somebody else's, such as an instrumentation's, and only enriched here. */
  readonly adopted: boolean;
  /** How far the response is, where the adapter can tell. */
  response: { readonly headersSent: boolean; readonly writableEnded: boolean } | undefined;
  /** The peer that has to be told if the trace is kept, by its address or `''`; nobody if `undefined`. */
  caller: string | undefined;
  /** What was published of its beginning, where somebody measures; then the fields below tell of its end. */
  measured: StartedExchange | undefined;
  errorType: string | undefined;
  durationMs = 0;
  firstByteMs: number | undefined;
  isEventStream = false;
  isRecorded = false;
  readonly #method: string;
  readonly #startedAt = performance.now();
  #namedRoute: string | undefined;
  #firstByteAt: number | undefined;
  #failures: unknown[] | undefined;
  #brokeOff = false;
  #endedByFailure = false;
  #finished = false;

  /** `route` is what the span was started with. */
  constructor(
    span: Span,
    parent: Context,
    method: string,
    route: string | undefined,
    correlation: Correlation,
    adopted: boolean,
  ) {
    this.span = span;
    this.correlation = correlation;
    this.context = ActiveContext.of(parent, span, this);
    this.adopted = adopted;
    this.route = route;
    this.#namedRoute = route;
    this.#method = method;
    if (span.isRecording()) span.setAttribute(ATTR_REQUEST_ID, correlation.id);
  }

  /** Names the route template that answers the request now; `undefined` if none does any more. */
  setRoute(route: string | undefined): void {
    this.route = route;
    if (this.adopted) this.#nameSpan();
  }

  /** Records a value that was thrown or rejected while the request was handled; the same value counts once. */
  recordFailure(thrown: unknown): void {
    // What fails after the response broke off is a consequence, such as an answer that cannot be given any more.
    if (this.#finished || this.#brokeOff) return;
    this.#failures ??= [];
    if (this.#failures.includes(thrown) || this.#failures.length === MAX_FAILURES) return;
    this.#failures.push(thrown);
    // No status can tell of it any more, and the response is not complete.
    if (this.response?.headersSent === true && !this.response.writableEnded) this.#brokeOff = true;
    recordException(this.span, thrown);
  }

  /** Whether anything was thrown so far. */
  get failed(): boolean {
    return this.#failures !== undefined;
  }

  /** Whether anybody is going to be told how the exchange went. */
  get isObserved(): boolean {
    return this.measured !== undefined || this.span.isRecording();
  }

  /** Ends the span of an exchange that nobody observes. */
  endUnobserved(): void {
    if (!this.#finished && !this.adopted) this.span.end();
    this.#close();
  }

  /** Notes that the response headers are on their way. */
  headersSent(): void {
    this.#firstByteAt ??= performance.now();
  }

  /** Tells the type of the body that is to come: while a stream of events lasts, nobody is to take it for slow. */
  answersWith(contentType: unknown): void {
    if (isEventStream(contentType) && this.span.isRecording()) this.span.setAttribute(ATTR_LONG_LIVED, 'sse');
  }

  /** Tells that the connection is to become another protocol's: nobody is to take it for slow either. */
  upgrades(): void {
    if (this.span.isRecording()) this.span.setAttribute(ATTR_LONG_LIVED, 'upgrade');
  }

  /** Takes back that the exchange is sampled: its span is not exported, and nothing that it calls from now on is traced. */
  dismiss(): void {
    if (this.adopted) return;
    const spanContext = this.span.spanContext();
    spanContext.traceFlags &= ~TraceFlags.SAMPLED;
    this.context = ignoredContext(this.context, spanContext);
  }

  /** Completes and ends the span. Only the first call counts; `before` runs just ahead of the end. */
  finish(outcome: Outcome, isError: (statusCode: number) => boolean, before?: (span: Span) => void): void {
    if (this.#finished) return;
    const isRecorded = this.span.isRecording();
    this.isRecorded = isRecorded;
    if (this.measured !== undefined) this.#timeEnd(outcome);
    if (isRecorded || this.measured !== undefined) this.#setErrorType(outcome, isError);
    if (isRecorded) {
      this.#nameSpan();
      this.#describe(outcome);
      before?.(this.span);
    }
    this.#close();
    if (!this.adopted) this.span.end();
  }

  // Timers and connections that were made in its context keep the exchange for as long as they live.
  #close(): void {
    this.#finished = true;
    this.response = undefined;
  }

  #timeEnd({ contentType }: Outcome): void {
    this.durationMs = performance.now() - this.#startedAt;
    if (this.#firstByteAt !== undefined) this.firstByteMs = this.#firstByteAt - this.#startedAt;
    this.isEventStream = isEventStream(contentType);
  }

  #nameSpan(): void {
    if (this.route === this.#namedRoute) return;
    this.#namedRoute = this.route;
    this.span.updateName(spanName(this.#method, this.route));
    if (this.route !== undefined) this.span.setAttribute(ATTR_HTTP_ROUTE, this.route);
  }

  // One by one: mostly there is the status alone.
  #describe({ statusCode, contentType }: Outcome): void {
    const { span } = this;
    const firstByteAt = this.#firstByteAt;
    if (statusCode !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode);
    if (firstByteAt !== undefined && performance.now() - firstByteAt >= FIRST_BYTE_RESOLUTION_MS) {
      span.setAttribute(ATTR_TIME_TO_FIRST_BYTE, Math.round((firstByteAt - this.#startedAt) * 1000) / 1000);
    }
    if (isEventStream(contentType)) span.setAttribute(ATTR_LONG_LIVED, 'sse');
    if (this.errorType === undefined) return;
    span.setAttribute(ATTR_ERROR_TYPE, this.errorType);
    if (this.#endedByFailure) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessage(this.#failures?.at(-1)) });
    } else {
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
  }

  // https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status: 1xx to 4xx leave the status unset unless
  // something else went wrong, such as a response that did not get through.
  #setErrorType({ statusCode, abortedBy, contentType }: Outcome, isError: (statusCode: number) => boolean): void {
    const badStatus = statusCode !== undefined && isError(statusCode);
    // Leaving is how a client ends a stream of events: the server never does.
    const left = abortedBy === 'client' && isEventStream(contentType);
    if (!badStatus && !this.#brokeOff && (abortedBy === undefined || left)) return;
    this.#endedByFailure = this.#failures !== undefined && (badStatus || this.#brokeOff || abortedBy === 'server');
    if (this.#endedByFailure) this.errorType = errorType(this.#failures?.at(-1));
    else this.errorType = badStatus ? String(statusCode) : `${abortedBy}_aborted`;
  }
}

function isEventStream(contentType: unknown): boolean {
  return typeof contentType === 'string' && contentType.startsWith('text/event-stream');
}

/** The exchange that the running code belongs to, if it is traced. */
export function activeExchange(): Exchange | undefined {
  const scope = getRequestScope(context.active());
  return scope !== undefined && 'recordFailure' in scope ? (scope as Exchange) : undefined;
}
