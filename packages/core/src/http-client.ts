import type { ClientRequest } from 'node:http';
import { type Span, type TracerProvider, trace } from '@opentelemetry/api';
import { CallUrl } from './client/call-url.ts';
import {
  type CallSettings,
  outgoingHeaders,
  type Propagate,
  type RequestHeaders,
  TracedCall,
} from './client/http-call.ts';
import { type Delivery, followCall } from './client/http-delivery.ts';
import { wireOf } from './client/http-wire.ts';
import { followRequest } from './client/node-request.ts';
import { context } from './context/registered-api.ts';
import { isSuppressed, unsampledContext } from './context/suppression.ts';
import { keepTicksFast } from './http/fast-ticks.ts';
import { headerRecorder } from './http/http-attributes.ts';
import { queryRedactor } from './http/redaction.ts';
import { checkOptions, is, type OptionChecks } from './options.ts';
import { callSafely, reportHook } from './span/failure.ts';
import { VERSION } from './version.ts';

export type { Propagate, RequestHeaders } from './client/http-call.ts';
export type { Delivery } from './client/http-delivery.ts';
export { is } from './options.ts';

/** The options all traced clients share. */
export type ClientOptions = {
  /**
   * Where spans are made.
   * @default the provider registered with `@opentelemetry/api`
   */
  tracerProvider?: TracerProvider;
  /**
   * Which calls carry trace context, baggage and the correlation ID: all, none, or each by itself (what an object
   * leaves out is not sent). The span is made in any case. With `sampling.peers` of `startTracing`, calls that carry trace
   * context by this function are taken for calls of peers.
   * @default all of them, to every URL; peers are on hosts that are not of the public internet
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

/** What a call that is about to be made asks for. */
export type CallTarget = {
  readonly method: string;
  /** Absolute; a call to none of HTTP's has no span. A `URL` goes to hooks as it is, so it must not be the caller's own. */
  readonly url: string | URL;
  /** Reads a header that the caller has set. */
  header(name: string): string | string[] | undefined;
  /** With what the caller may give the call up. */
  readonly signal: AbortSignal | null | undefined;
};

/** A call of a client that promises a response. */
export type OutgoingCall<Response> = CallTarget & {
  /** Sends the request, with these headers besides the caller's; it must not change an object of the caller's. */
  send(headers: RequestHeaders): Promise<Response>;
  /** What came back, be it resolved or rejected with; `undefined` if that is no response. */
  delivery(outcome: unknown): Delivery | undefined;
};

/** A call of a client that hands out a request of `node:http`, to be written and listened to. */
export type OutgoingRequest = CallTarget & {
  /** Makes the request, with these headers besides the caller's; it must not change an object of the caller's. */
  send(headers: RequestHeaders): ClientRequest;
};

/** Traces the calls of one client. */
export type ClientTracing = {
  /**
   * Makes a call in a CLIENT span, a child of the active one. It settles as `send` does, with the very same value. The
   * span ends when the body is complete; one that nobody has begun to read 5 seconds after its headers ends as of those.
   * Where tracing is suppressed there is no span.
   */
  run<Response>(call: OutgoingCall<Response>): Promise<Response>;
  /** The same for a request of `node:http`, which is returned at once; its listeners run in the caller's context. */
  request(call: OutgoingRequest): ClientRequest;
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

/**
 * Prepares the tracing of a client's calls; `name` is its name in errors and scopes. `ownChecks` are for the options that
 * this client has besides. Throws a `TypeError` for a wrong option.
 */
export function createClientTracing<Options extends ClientOptions>(
  name: string,
  options: Options | undefined,
  ownChecks: OptionChecks<Omit<Options, keyof ClientOptions>>,
): ClientTracing;
export function createClientTracing(name: string, options?: ClientOptions): ClientTracing;
export function createClientTracing(name: string, options: ClientOptions = {}, ownChecks = {}): ClientTracing {
  checkOptions(name, options, { ...clientOptionChecks, ...ownChecks });
  keepTicksFast();
  const { tracerProvider = trace, propagate, isError = isClientError, onStart, onEnd } = options;
  const tracer = tracerProvider.getTracer(`@throughline/clients/${name}`, VERSION);
  const settings: CallSettings = {
    isError: (statusCode) => callSafely('isError', isError, statusCode) ?? isClientError(statusCode),
    recordRequestHeaders: headerRecorder('request', options.requestHeaders),
    recordResponseHeaders: headerRecorder('response', options.responseHeaders),
    redact: queryRedactor(options.redactQuery),
    onStart,
    onEnd,
  };

  /** The call with its span, or the headers to send where there is to be no span. */
  function begin({ method, url: given, header }: CallTarget): TracedCall | RequestHeaders {
    const url = CallUrl.of(given);
    if (url === undefined) return {};
    const active = context.active();
    // axios on a fetch that is traced too, or a traced fetch that retries by another one.
    if (wireOf(active)?.carries(url) === true) return {};
    if (isSuppressed(active)) {
      const unsampled = unsampledContext(active);
      return unsampled === undefined ? {} : outgoingHeaders(unsampled, allowedBy(propagate, url), header);
    }
    try {
      const allowed = allowedBy(propagate, url);
      // Nobody has said that all the world is to be trusted with what peers tell each other.
      const toPeers = allowed.trace === true && (propagate !== undefined || url.origin.isInternal);
      return new TracedCall(tracer, settings, active, method, url, header, allowed, toPeers);
    } catch (thrown) {
      reportHook('tracerProvider', thrown);
      return {};
    }
  }

  return {
    run(outgoing) {
      const call = begin(outgoing);
      return call instanceof TracedCall ? followCall(call, outgoing) : outgoing.send(call);
    },
    request(outgoing) {
      const call = begin(outgoing);
      return call instanceof TracedCall ? followRequest(call, outgoing) : outgoing.send(call);
    },
  };
}

const EVERYTHING: Propagate = { trace: true, baggage: true, correlation: true };

function allowedBy(propagate: ClientOptions['propagate'], url: CallUrl): Propagate {
  if (propagate === undefined) return EVERYTHING;
  const verdict = callSafely('propagate', propagate, url.parsed) ?? false;
  return typeof verdict === 'object' ? verdict : { trace: verdict, baggage: verdict, correlation: verdict };
}

function isClientError(statusCode: number): boolean {
  return statusCode >= 400;
}
