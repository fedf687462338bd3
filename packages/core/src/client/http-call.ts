import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import {
  type Attributes,
  propagation as apiPropagation,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PROTOCOL_VERSION,
} from '@opentelemetry/semantic-conventions';
import { withActiveSpan } from '../context/active-context.ts';
import { context, propagation } from '../context/registered-api.ts';
import { getCorrelation } from '../correlation.ts';
import {
  ATTR_CANCELLED,
  ATTR_TIME_TO_FIRST_BYTE,
  type HeaderRecorder,
  knownMethod,
  methodInName,
  outboundAttributes,
} from '../http/http-attributes.ts';
import { type QueryRedactor, redactQuoted } from '../http/redaction.ts';
import { callEnds, type FinishedCall, readSize } from '../http-measurement.ts';
import { type CalleeSignal, signalTo } from '../signals/callee-signal.ts';
import { callSafely, errorMessage, errorType, recordException, reportHook } from '../span/failure.ts';
import { type AttributeItems, attributesOf, NO_LINKS, startSpanWith } from '../span/span-start.ts';
import type { CallUrl } from './call-url.ts';
import { peerAttributes } from './http-connection.ts';

/** What a call may tell the service it goes to. */
export type Propagate = { trace?: boolean; baggage?: boolean; correlation?: boolean };

/** Headers to put into a copy of the caller's, in place of those of the same name; `null` takes one out. */
export type RequestHeaders = Readonly<Record<string, string | null>>;

/** What all calls of one client have in common. */
export type CallSettings = {
  readonly isError: (statusCode: number) => boolean;
  readonly recordRequestHeaders: HeaderRecorder | undefined;
  readonly recordResponseHeaders: HeaderRecorder | undefined;
  readonly redact: QueryRedactor;
  readonly onStart: ((span: Span, url: URL) => void) | undefined;
  readonly onEnd: ((span: Span, url: URL) => void) | undefined;
};

type ReadHeader = (name: string) => string | string[] | undefined;
type Head = { readonly statusCode: number; header(name: string): unknown; readonly afterMs: number };

const FIRST_BYTE_RESOLUTION_MS = 1;

/** One outgoing HTTP call and its CLIENT span, which ends once. Run the call in `context` and send `headers` with it. */
export class TracedCall {
  readonly context: Context;
  readonly headers: RequestHeaders;
  readonly url: CallUrl;
  ended = false;
  readonly #method: string;
  readonly #span: Span;
  readonly #settings: CallSettings;
  readonly #callee: CalleeSignal | undefined;
  readonly #startedAt = performance.now();
  #head: Head | undefined;
  #peer: Attributes | undefined;
  #protocolVersion: string | undefined;
  #resends = 0;
  #errorType: string | undefined;
  #isComplete = false;

  constructor(
    tracer: Tracer,
    settings: CallSettings,
    active: Context,
    method: string,
    url: CallUrl,
    header: ReadHeader,
    allowed: Propagate,
    toPeers = false,
  ) {
    const describe = (): AttributeItems => {
      const items = outboundAttributes(method, url, settings.redact);
      settings.recordRequestHeaders?.(items, header);
      return items;
    };
    this.#span = startSpanWith(tracer, methodInName(method), SpanKind.CLIENT, NO_LINKS, describe, undefined, active);
    this.#settings = settings;
    this.#method = method;
    this.url = url;
    this.context = withActiveSpan(active, this.#span);
    const headers = outgoingHeaders(this.context, allowed, header);
    this.#callee = signalTo(toPeers, this.#span.spanContext(), url.origin.host, headers, header);
    this.headers = headers;
    this.#runHook('onStart');
  }

  /** Notes what is known of the connection that the request goes over. */
  connect(socket: Socket, protocolVersion = this.#protocolVersion): void {
    this.#protocolVersion = protocolVersion;
    if (this.#span.isRecording()) this.#peer = peerAttributes(socket) ?? this.#peer;
  }

  /** Notes that response headers came; those that come after a redirect replace them. */
  respond(statusCode: number, header: (name: string) => unknown): void {
    this.#head = { statusCode, header, afterMs: performance.now() - this.#startedAt };
    if (this.#callee !== undefined) callSafely('keep signals', () => this.#callee?.hear(header));
  }

  /** Notes that the request goes to the wire once more, as after a redirect. */
  resend(): void {
    this.#resends += 1;
    this.#head = undefined;
    this.#peer = undefined;
    this.#protocolVersion = undefined;
  }

  /** Ends the span: the response is complete, or nobody wants the rest. */
  end(): void {
    if (this.ended) return;
    this.#isComplete = true;
    this.#describe();
    this.#finish();
  }

  /** Ends the span as of the response headers: nobody has waited for what came after them. */
  endAtHeaders(): void {
    if (this.ended) return;
    this.#describe();
    this.#finish(this.#head === undefined ? undefined : this.#startedAt + this.#head.afterMs);
  }

  /** Ends the span with what the call threw. A call that its caller gave up is no error, a timeout is. */
  fail(thrown: unknown, signal?: AbortSignal | null): void {
    if (this.ended) return;
    this.#describe();
    if (isCancellation(thrown, signal)) {
      this.#errorType = 'cancelled';
      this.#span.setAttribute(ATTR_CANCELLED, true);
    } else {
      const cause = rootCause(thrown, signal);
      const { href } = this.url; // a hook may have changed what it got
      const redact = (text: string): string => redactQuoted(text, new URL(href), this.#settings.redact);
      recordException(this.#span, thrown, redact);
      this.#errorType = errorType(cause);
      this.#span.setAttribute(ATTR_ERROR_TYPE, this.#errorType);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: redact(errorMessage(cause)) });
    }
    this.#finish();
  }

  #describe(): void {
    const isRecorded = this.#span.isRecording();
    if (!isRecorded && !callEnds.hasSubscribers) return;
    const attributes = this.#peer ?? {};
    if (this.#protocolVersion !== undefined) attributes[ATTR_NETWORK_PROTOCOL_VERSION] = this.#protocolVersion;
    if (this.#resends > 0) attributes[ATTR_HTTP_REQUEST_RESEND_COUNT] = this.#resends;
    const head = this.#head;
    if (head !== undefined) this.#describeHead(head, attributes);
    if (isRecorded) this.#span.setAttributes(attributes);
  }

  #describeHead(head: Head, attributes: Attributes): void {
    attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = head.statusCode;
    if (this.#settings.isError(head.statusCode)) {
      this.#errorType = String(head.statusCode);
      attributes[ATTR_ERROR_TYPE] = this.#errorType;
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    const { recordResponseHeaders } = this.#settings;
    if (recordResponseHeaders !== undefined && this.#span.isRecording()) {
      const items: AttributeItems = [];
      callSafely('responseHeaders', recordResponseHeaders, items, head.header);
      this.#span.setAttributes(attributesOf(items));
    }
    if (performance.now() - this.#startedAt - head.afterMs >= FIRST_BYTE_RESOLUTION_MS) {
      attributes[ATTR_TIME_TO_FIRST_BYTE] = Math.round(head.afterMs * 1000) / 1000;
    }
  }

  #finish(at?: number): void {
    this.ended = true;
    if (this.#callee !== undefined) callSafely('keep signals', () => this.#callee?.end());
    this.#runHook('onEnd');
    const isRecorded = this.#span.isRecording();
    this.#span.end(at);
    if (callEnds.hasSubscribers) callSafely('measure', () => this.#publish(at ?? performance.now(), isRecorded));
    this.#head = undefined; // with all headers of the response
  }

  #publish(endedAt: number, isRecorded: boolean): void {
    const head = this.#head;
    const call: FinishedCall = {
      method: knownMethod(this.#method),
      origin: this.url.origin,
      protocolVersion: this.#protocolVersion,
      statusCode: head?.statusCode,
      errorType: this.#errorType,
      durationMs: endedAt - this.#startedAt,
      responseBodySize:
        this.#isComplete && this.#method !== 'HEAD' ? readSize(head?.header('content-length')) : undefined,
      span: this.#span,
      isRecorded,
      context: this.context,
    };
    callEnds.publish(call);
  }

  // The events that end a call come from the socket, outside of its context.
  #runHook(name: 'onStart' | 'onEnd'): void {
    const hook = this.#settings[name];
    if (hook !== undefined) context.with(this.context, () => callSafely(name, hook, this.#span, this.url.parsed));
  }
}

/** The headers that say what `allowed` permits of this context. */
export function outgoingHeaders(
  callContext: Context,
  allowed: Propagate,
  header: ReadHeader,
): Record<string, string | null> {
  const headers: Record<string, string | null> = {};
  if (allowed.trace === true || allowed.baggage === true) {
    let sent = callContext;
    if (allowed.trace !== true) sent = trace.deleteSpan(sent);
    if (allowed.baggage !== true) sent = apiPropagation.deleteBaggage(sent);
    try {
      propagation.inject(sent, headers);
    } catch (thrown) {
      reportHook('propagator.inject', thrown);
    }
  }
  // Left over from another trace where the caller forwards the headers of a request it got.
  if (headers.traceparent !== undefined && header('tracestate') !== undefined) headers.tracestate ??= null;
  const correlation = getCorrelation(callContext);
  if (correlation !== undefined && allowed.correlation === true && header(correlation.header) === undefined) {
    headers[correlation.header] = correlation.id;
  }
  return headers;
}

// An abort with a reason of one's own makes fetch reject with just that reason; AbortSignal.timeout() has a name for it.
function isCancellation(thrown: unknown, signal: AbortSignal | null | undefined): boolean {
  if (signal?.aborted === true && (thrown === signal.reason || isAbort(thrown))) return !isTimeout(signal.reason);
  return isAbort(thrown);
}

// fetch says "fetch failed", and axios may say "Network Error"; they keep what happened as the cause.
function rootCause(thrown: unknown, signal: AbortSignal | null | undefined): unknown {
  if (isAbort(thrown) && signal?.aborted === true) return signal.reason;
  if (!(thrown instanceof Error) || !(thrown.cause instanceof Error)) return thrown;
  return thrown instanceof TypeError || 'code' in thrown.cause ? thrown.cause : thrown;
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === 'AbortError' || thrown.name === 'CanceledError');
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}
