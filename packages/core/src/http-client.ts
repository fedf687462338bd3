import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
} from '@opentelemetry/semantic-conventions';
import { getCorrelation } from './correlation.ts';
import { callSafely, errorMessage, errorType, recordException } from './failure.ts';
import {
  ATTR_CANCELLED,
  ATTR_TIME_TO_FIRST_BYTE,
  headerRecorder,
  methodInName,
  outboundAttributes,
} from './http-attributes.ts';
import { checkOptions, is, type OptionChecks } from './options.ts';
import { queryRedactor } from './redaction.ts';
import { isSuppressed, unsampledContext } from './suppression.ts';
import { VERSION } from './version.ts';

/** What a call may tell the service it goes to. */
export type Propagate = { trace?: boolean; baggage?: boolean; correlation?: boolean };

/** The options all traced clients share. */
export type ClientOptions = {
  /**
   * Where spans are made.
   * @default the provider registered with `@opentelemetry/api`
   */
  tracerProvider?: TracerProvider;
  /**
   * Which calls carry trace context, baggage and the correlation ID: all, none, or each by itself (what an object
   * leaves out is not sent). The span is made in any case.
   * @default all of them, to every URL
   */
  propagate?: (url: URL) => boolean | Propagate;
  /**
   * Which response statuses make the span an error.
   * @default 400 and above
   */
  isError?: (statusCode: number) => boolean;
  /**
   * Request headers to put on the span; credentials and cookies never are.
   * @default []
   */
  requestHeaders?: readonly string[];
  /**
   * Response headers to put on the span; credentials and cookies never are.
   * @default []
   */
  responseHeaders?: readonly string[];
  /**
   * Query parameters to redact besides the well-known credentials and signatures; case does not matter.
   * @default []
   */
  redactQuery?: readonly string[];
  /** Called when the span has started; a hook that throws changes nothing. */
  onStart?: (span: Span, url: URL) => void;
  /** Called just before the span ends; a hook that throws changes nothing. */
  onEnd?: (span: Span, url: URL) => void;
};

/** Traces the calls of one client. */
export type ClientTracing = {
  /**
   * Starts the span of one call, as a child of the active one. `header` reads a header that the caller has set.
   * Where tracing is suppressed the call has no span, and its methods do nothing.
   */
  start(method: string, url: URL, header: (name: string) => string | string[] | undefined): Call;
};

/** One outgoing HTTP call and its CLIENT span. Run the call in `context` and send `headers` with it. */
export type Call = {
  readonly context: Context;
  /** The headers to add to the caller's, in a copy: trace context, baggage, and the correlation ID if there is none yet. */
  readonly headers: Readonly<Record<string, string>>;
  /** Notes that the response headers came. `header` reads one of them. */
  respond(statusCode: number, header: (name: string) => unknown): void;
  /** Notes that the request went to the wire once more, after a redirect. */
  resend(): void;
  /** Ends the span: the response is complete, or nobody wants the rest. Only the first end counts. */
  end(): void;
  /** Ends the span with what the call threw. A call that its caller gave up is no error, a timeout is. */
  fail(thrown: unknown, signal?: AbortSignal): void;
};

const clientOptionChecks: OptionChecks<ClientOptions> = {
  tracerProvider: is.tracerProvider,
  propagate: is.function,
  isError: is.function,
  requestHeaders: is.headerNames,
  responseHeaders: is.headerNames,
  redactQuery: is.strings,
  onStart: is.function,
  onEnd: is.function,
};

/** Prepares the tracing of a client's calls; `name` is its name in errors and scopes. Throws a `TypeError` for a wrong option. */
export function createClientTracing(name: string, options: ClientOptions = {}): ClientTracing {
  checkOptions(name, options, clientOptionChecks);
  const { tracerProvider = trace, propagate, isError = isClientError } = options;
  const tracer = tracerProvider.getTracer(`@throughline/clients/${name}`, VERSION);
  const settings: Settings = {
    ...options,
    isError: (statusCode) => callSafely('isError', isError, statusCode) ?? isClientError(statusCode),
    recordRequestHeaders: headerRecorder('request', options.requestHeaders),
    recordResponseHeaders: headerRecorder('response', options.responseHeaders),
    redact: queryRedactor(options.redactQuery),
  };
  const allowed = (url: URL): Propagate => {
    const verdict = propagate === undefined ? true : (callSafely('propagate', propagate, url) ?? false);
    return typeof verdict === 'object' ? verdict : { trace: verdict, baggage: verdict, correlation: verdict };
  };

  return {
    start(method, url, header) {
      const active = context.active();
      if (isSuppressed(active)) {
        const unsampled = unsampledContext(active);
        return new UntracedCall(
          active,
          unsampled === undefined ? {} : outgoingHeaders(unsampled, allowed(url), header),
        );
      }
      return new TracedCall(tracer, settings, active, method, url, header, allowed(url));
    },
  };
}

type Settings = Pick<ClientOptions, 'onStart' | 'onEnd'> & {
  isError: (statusCode: number) => boolean;
  recordRequestHeaders: ReturnType<typeof headerRecorder>;
  recordResponseHeaders: ReturnType<typeof headerRecorder>;
  redact: ReturnType<typeof queryRedactor>;
};

type ReadHeader = (name: string) => string | string[] | undefined;

class TracedCall implements Call {
  readonly context: Context;
  readonly headers: Record<string, string>;
  readonly #span: Span;
  readonly #settings: Settings;
  readonly #url: URL;
  readonly #startedAt = performance.now();
  #sends = 0;
  #firstByteAfter: number | undefined;
  #ended = false;

  constructor(
    tracer: Tracer,
    settings: Settings,
    active: Context,
    method: string,
    url: URL,
    header: ReadHeader,
    allowed: Propagate,
  ) {
    const attributes = outboundAttributes(method, url, settings.redact);
    settings.recordRequestHeaders(attributes, header);
    this.#span = tracer.startSpan(methodInName(method), { kind: SpanKind.CLIENT, attributes }, active);
    this.#settings = settings;
    this.#url = url;
    this.context = trace.setSpan(active, this.#span);
    this.headers = outgoingHeaders(this.context, allowed, header);
    if (settings.onStart !== undefined) callSafely('onStart', settings.onStart, this.#span, url);
  }

  respond(statusCode: number, header: (name: string) => unknown): void {
    if (this.#ended) return;
    this.#firstByteAfter = performance.now() - this.#startedAt;
    this.#span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode);
    if (this.#span.isRecording()) {
      const attributes = {};
      this.#settings.recordResponseHeaders(attributes, header);
      this.#span.setAttributes(attributes);
    }
    if (!this.#settings.isError(statusCode)) return;
    this.#span.setAttribute(ATTR_ERROR_TYPE, String(statusCode));
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
  }

  resend(): void {
    this.#sends += 1;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const after = this.#firstByteAfter;
    if (after !== undefined && performance.now() - this.#startedAt - after >= 1) {
      this.#span.setAttribute(ATTR_TIME_TO_FIRST_BYTE, Math.round(after * 1000) / 1000);
    }
    if (this.#sends > 0) this.#span.setAttribute(ATTR_HTTP_REQUEST_RESEND_COUNT, this.#sends);
    if (this.#settings.onEnd !== undefined) callSafely('onEnd', this.#settings.onEnd, this.#span, this.#url);
    this.#span.end();
  }

  fail(thrown: unknown, signal?: AbortSignal): void {
    if (this.#ended) return;
    if (isCancellation(thrown, signal)) {
      this.#span.setAttribute(ATTR_CANCELLED, true);
    } else {
      recordException(this.#span, thrown);
      this.#span.setAttribute(ATTR_ERROR_TYPE, errorType(rootCause(thrown)));
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessage(rootCause(thrown)) });
    }
    this.end();
  }
}

class UntracedCall implements Call {
  readonly context: Context;
  readonly headers: Record<string, string>;

  constructor(active: Context, headers: Record<string, string>) {
    this.context = active;
    this.headers = headers;
  }

  respond(): void {}
  resend(): void {}
  end(): void {}
  fail(): void {}
}

function outgoingHeaders(callContext: Context, allowed: Propagate, header: ReadHeader): Record<string, string> {
  const headers: Record<string, string> = {};
  if (allowed.trace === true || allowed.baggage === true) {
    let sent = callContext;
    if (allowed.trace !== true) sent = trace.deleteSpan(sent);
    if (allowed.baggage !== true) sent = propagation.deleteBaggage(sent);
    callSafely('propagator.inject', () => propagation.inject(sent, headers));
  }
  const correlation = getCorrelation(callContext);
  if (correlation !== undefined && allowed.correlation === true && header(correlation.header) === undefined) {
    headers[correlation.header] = correlation.id;
  }
  return headers;
}

function isClientError(statusCode: number): boolean {
  return statusCode >= 400;
}

// An abort with a reason of one's own makes fetch reject with just that reason; AbortSignal.timeout() has a name for it.
function isCancellation(thrown: unknown, signal: AbortSignal | undefined): boolean {
  const name = typeof thrown === 'object' && thrown !== null && 'name' in thrown ? thrown.name : undefined;
  if (name === 'TimeoutError') return false;
  if (signal?.aborted === true) return thrown === signal.reason ? true : name === 'AbortError';
  return name === 'AbortError' || name === 'CanceledError';
}

// fetch says "fetch failed" and keeps what happened as the cause.
function rootCause(thrown: unknown): unknown {
  const isFetchFailure = thrown instanceof TypeError && thrown.cause instanceof Error;
  return isFetchFailure ? thrown.cause : thrown;
}
