import {
  type Attributes,
  type Context,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions';
import { ActiveContext } from './active-context.ts';
import { type Correlation, getRequestScope } from './correlation.ts';
import { errorMessage, errorType, recordException } from './failure.ts';
import { ATTR_LONG_LIVED, ATTR_REQUEST_ID, ATTR_TIME_TO_FIRST_BYTE, methodInName } from './http-attributes.ts';
import type { StartedExchange } from './http-measurement.ts';
import { randomSpanId, randomTraceId } from './random-ids.ts';
import { ignoredContext } from './suppression.ts';
import type { InboundContext } from './trust.ts';

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

  constructor(span: Span, parent: Context, method: string, correlation: Correlation, adopted: boolean) {
    this.span = span;
    this.correlation = correlation;
    this.context = ActiveContext.of(parent, span, this);
    this.adopted = adopted;
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
    if (this.span.isRecording()) recordException(this.span, thrown);
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
    this.#finished = true;
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
  finish(outcome: Outcome, isError: (statusCode: number) => boolean, before?: (attributes: Attributes) => void): void {
    if (this.#finished) return;
    const isRecorded = this.span.isRecording();
    this.isRecorded = isRecorded;
    if (this.measured !== undefined) this.#timeEnd(outcome);
    if (isRecorded || this.measured !== undefined) this.#setErrorType(outcome, isError);
    if (isRecorded) {
      this.#nameSpan();
      const attributes = this.#outcomeAttributes(outcome);
      if (this.errorType !== undefined) this.#setStatus(this.errorType, attributes);
      before?.(attributes);
      this.span.setAttributes(attributes);
    }
    this.#finished = true;
    if (!this.adopted) this.span.end();
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

  /** Tells the exchange that the span was started with this route already. */
  startedWith(route: string | undefined): this {
    this.route = route;
    this.#namedRoute = route;
    return this;
  }

  #outcomeAttributes({ statusCode, contentType }: Outcome): Attributes {
    const attributes: Attributes = {};
    if (statusCode !== undefined) attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = statusCode;
    if (this.#firstByteAt !== undefined && performance.now() - this.#firstByteAt >= FIRST_BYTE_RESOLUTION_MS) {
      attributes[ATTR_TIME_TO_FIRST_BYTE] = Math.round((this.#firstByteAt - this.#startedAt) * 1000) / 1000;
    }
    if (isEventStream(contentType)) attributes[ATTR_LONG_LIVED] = 'sse';
    return attributes;
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

  #setStatus(type: string, attributes: Attributes): void {
    attributes[ATTR_ERROR_TYPE] = type;
    const message = this.#endedByFailure ? errorMessage(this.#failures?.at(-1)) : undefined;
    this.span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
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

/** The name of a SERVER span: `{method} {route}`, or `{method}` alone. */
export function spanName(method: string, route: string | undefined): string {
  return route === undefined ? methodInName(method) : `${methodInName(method)} ${route}`;
}

/** Starts the SERVER span of an exchange. `attributes` should hold all that a sampler may want to see. */
export function startExchange(
  tracer: Tracer,
  method: string,
  route: string | undefined,
  attributes: Attributes,
  inbound: InboundContext,
  correlate: (traceId: string) => Correlation,
): Exchange {
  if (route !== undefined) attributes[ATTR_HTTP_ROUTE] = route;
  const span = tracer.startSpan(
    spanName(method, route),
    { kind: SpanKind.SERVER, attributes, links: inbound.links },
    inbound.parent,
  );
  const correlation = correlate(span.spanContext().traceId);
  return new Exchange(span, inbound.parent, method, correlation, false).startedWith(route);
}

/** Starts an exchange that nobody traces: it has ids and a correlation, and what it causes is told to be unsampled. */
export function startIgnoredExchange(
  method: string,
  inbound: InboundContext,
  correlate: (traceId: string) => Correlation,
): Exchange {
  const ids = trace.getSpanContext(inbound.parent) ?? { traceId: randomTraceId(), spanId: randomSpanId() };
  const ignored = ignoredContext(inbound.parent, { ...ids, traceFlags: TraceFlags.NONE });
  const span = trace.getSpan(ignored) as Span;
  return new Exchange(span, ignored, method, correlate(ids.traceId), false);
}

/** Joins an exchange to the SERVER span that an instrumentation has made for the same request. */
export function adoptExchange(span: Span, method: string, correlate: (traceId: string) => Correlation): Exchange {
  return new Exchange(span, context.active(), method, correlate(span.spanContext().traceId), true);
}

/**
 * The SERVER span of this very request that is active already, made in this process by somebody else. SDK spans show
 * their kind and attributes although the API does not declare them.
 */
export function localServerSpan(target: string): Span | undefined {
  const active = trace.getActiveSpan() as (Span & { kind?: SpanKind; attributes?: Attributes }) | undefined;
  if (active === undefined || active.kind !== SpanKind.SERVER || !active.isRecording()) return undefined;
  const seen = active.attributes?.['url.path'] ?? active.attributes?.['http.target'];
  return typeof seen === 'string' && !target.startsWith(seen.split('?', 1)[0] as string) ? undefined : active;
}
