import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type Span, type SpanContext, type TextMapGetter, trace } from '@opentelemetry/api';
import { context } from './context/registered-api.ts';
import { notedCorrelation } from './context/request-id.ts';
import { type Correlation, correlationReader } from './correlation.ts';
import { rememberPeer } from './http/connection-peer.ts';
import { keepTicksFast } from './http/fast-ticks.ts';
import { headerRecorder, inboundAttributes } from './http/http-attributes.ts';
import { queryRedactor } from './http/redaction.ts';
import { isMeasured, publishEnd, publishStart } from './http-measurement.ts';
import { Exchange } from './http-server.ts';
import { PEER_HEADER } from './keep-signals.ts';
import { checkOptions, serverOptionChecks, type TracingOptions } from './options.ts';
import { type Forwarded, InboundMessage } from './server/inbound-message.ts';
import {
  attachExchange,
  exchangeOf,
  knownMessages,
  type Messages,
  sentHeader,
  whenClosed,
} from './server/node-messages.ts';
import { isQueued, isUpgraded, outcomeOf } from './server/node-outcome.ts';
import { whenLost } from './server/queued-responses.ts';
import { localServerSpan, serverErrorRule, startServerSpan, untracedContext } from './server/server-span.ts';
import { extractTrusted } from './server/trust.ts';
import { callerOf, remindOfCaller } from './signals/caller-signal.ts';
import { callSafely, reportHook } from './span/failure.ts';
import { type AttributeItems, attributesOf } from './span/span-start.ts';
import { VERSION } from './version.ts';

export { exchangeOf, type Forwarded };

/** What a framework knows of a request that Node's own objects do not tell. `Source` is the framework's request. */
export type Framework<Source> = {
  /** The adapter's package, without its scope: it names the instrumentation scope and begins error messages. */
  readonly name: string;
  /** Gets Node's objects ready, before anything is read off them. */
  readonly prepare?: (request: IncomingMessage, response: ServerResponse) => void;
  /** The matched route template, where the framework knows it before the handlers run. */
  readonly route?: (source: Source) => string | undefined;
  /**
   * What the framework makes of forwarding headers, by its own setting of trusted proxies; `undefined` where there are none
   * or nobody trusts them.
   */
  readonly forwarded?: (source: Source) => Forwarded | undefined;
  /** The span that an instrumentation of the framework keeps for this request. */
  readonly serverSpan?: (source: Source) => Span | undefined;
  /**
   * Whether hooks come between the start of the exchange and the framework's own reading of the body: what they put into the
   * context is to be there when it was read.
   */
  readonly hasHooks?: boolean;
  /**
   * Says the correlation ID in the response by the framework's own means, where those are cheaper than Node's; `false` if it
   * cannot. Who answers without them is noticed, and it is said then.
   */
  readonly echo?: (source: Source, correlation: Correlation) => boolean;
  /** Last chance to correct the exchange's route, when the response is complete. */
  readonly settle?: (request: IncomingMessage, response: ServerResponse, exchange: Exchange) => void;
};

/** Traces the exchanges of one application. */
export type ServerTracing<Source> = {
  /**
   * Runs `next` in the exchange of this request, which is started if it is the first time that the request is seen, and
   * finished when the response closes.
   */
  run(request: IncomingMessage, response: ServerResponse, source: Source, next: () => void): void;
};

/** Prepares the tracing of an application's exchanges. Throws a `TypeError` for a wrong option. */
export function createServerTracing<Source>(
  framework: Framework<Source>,
  options: TracingOptions = {},
): ServerTracing<Source> {
  checkOptions(framework.name, options, serverOptionChecks);
  keepTicksFast();
  const { tracerProvider = trace, ignore, trust, onStart, onEnd, correlation = {} } = options;
  const tracer = tracerProvider.getTracer(`@throughline/${framework.name}`, VERSION);
  const redactQuery = queryRedactor(options.redactQuery);
  const recordRequestHeaders = headerRecorder('request', options.requestHeaders);
  const recordResponseHeaders = headerRecorder('response', options.responseHeaders);
  const readCorrelation = correlationReader(correlation);
  const endsSilently = recordResponseHeaders === undefined && onEnd === undefined;
  const countsAsError = serverErrorRule(options.isError);

  function start(request: IncomingMessage, source: Source): Exchange {
    const { headers, method = 'GET' } = request;
    const target = requestTarget(request);
    const route = framework.route?.(source);
    const local = localServerSpan(target) ?? framework.serverSpan?.(source);
    if (local !== undefined) {
      const adopted = new Exchange(
        local,
        context.active(),
        method,
        undefined,
        correlate(request, headers, local),
        true,
      );
      adopted.setRoute(route);
      adopted.caller = callerOf(headers[PEER_HEADER], remoteParent(local), adopted);
      return adopted;
    }
    const inbound = extractTrusted(headers, headerGetter, trust, request);
    if (ignore !== undefined && callSafely('ignore', ignore, request) === true) {
      const untraced = untracedContext(inbound);
      const span = trace.getSpan(untraced) as Span;
      return new Exchange(span, untraced, method, route, correlate(request, headers, span), false);
    }
    const message = new InboundMessage(request, headers, target, route, source, framework.forwarded);
    const span = startServerSpan(tracer, method, route, describe, message, inbound);
    const exchange = new Exchange(span, inbound.parent, method, route, correlate(request, headers, span), false);
    const proof = headers[PEER_HEADER];
    if (proof !== undefined) exchange.caller = callerOf(proof, trace.getSpanContext(inbound.parent), exchange);
    return exchange;
  }

  function describe(message: InboundMessage<Source>): AttributeItems {
    const items = inboundAttributes(message, redactQuery);
    recordRequestHeaders?.(items, (name) => message.headers[name]);
    return items;
  }

  function correlate(request: IncomingMessage, headers: IncomingHttpHeaders, span: Span): Correlation {
    return notedCorrelation(request) ?? readCorrelation(headers, span);
  }

  function begin(request: IncomingMessage, response: ServerResponse, source: Source): Exchange {
    framework.prepare?.(request, response);
    rememberPeer(request);
    const exchange = start(request, source);
    const echoed = framework.echo?.(source, exchange.correlation) === true;
    const messages = attachExchange(exchange, request, response, !echoed);
    if (isUpgraded(request, response)) exchange.upgrades();
    if (isMeasured())
      publishStart(
        exchange,
        request,
        new InboundMessage(request, request.headers, '', undefined, source, framework.forwarded).scheme,
      );
    messages.followsReader = framework.hasHooks === true;
    whenClosed(messages, onEnd === undefined && options.isError === undefined ? finish : finishInContext);
    // A pipelined response has no socket before its turn, and is never closed if the connection ends earlier.
    if (response.socket === null) whenLost(response, request.socket, finishQueued);
    if (onStart !== undefined && exchange.span.isRecording()) callSafely('onStart', onStart, exchange.span, request);
    return exchange;
  }

  function finish(messages: Messages): void {
    try {
      complete(messages);
    } catch (thrown) {
      reportHook('finish', thrown);
    }
  }

  // What the user gave us is called where the request was handled.
  function finishInContext(messages: Messages): void {
    context.with(messages.exchange.context, finish, undefined, messages);
  }

  function finishQueued(response: ServerResponse): void {
    const messages = knownMessages(response);
    if (isQueued(messages)) finish(messages);
  }

  function complete(messages: Messages): void {
    const { exchange, request, response } = messages;
    if (exchange.caller !== undefined) callSafely('keep signals', remindOfCaller, exchange);
    if (!exchange.isObserved) {
      exchange.endUnobserved();
      return;
    }
    framework.settle?.(request, response, exchange);
    const outcome = outcomeOf(messages);
    exchange.finish(outcome, countsAsError, endsSilently ? undefined : (span) => describeEnd(span, messages));
    if (exchange.measured !== undefined) publishEnd(exchange, request, response, outcome);
  }

  function describeEnd(span: Span, messages: Messages): void {
    const { request, response } = messages;
    if (recordResponseHeaders !== undefined && response.headersSent) {
      const items: AttributeItems = [];
      recordResponseHeaders(items, (name) => sentHeader(messages, name));
      span.setAttributes(attributesOf(items));
    }
    if (onEnd !== undefined) callSafely('onEnd', onEnd, span, request, response);
  }

  return {
    run(request, response, source, next) {
      if (exchangeOf(request) !== undefined) return next();
      // A sampler or a processor that throws costs the span, not the request.
      let exchange: Exchange;
      try {
        exchange = begin(request, response, source);
      } catch (thrown) {
        reportHook('start', thrown);
        return next();
      }
      context.with(exchange.context, next);
    },
  };
}

const headerGetter: TextMapGetter<IncomingMessage['headers']> = {
  keys: Object.keys,
  get: (headers, name) => headers[name],
};

// The SDK's spans show it although the API does not declare it.
function remoteParent(span: Span & { readonly parentSpanContext?: SpanContext }): SpanContext | undefined {
  return span.parentSpanContext?.isRemote === true ? span.parentSpanContext : undefined;
}

// Express and Connect rewrite `url` while they route; they keep the original.
function requestTarget(request: IncomingMessage & { originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? '/';
}
