import { type Attributes, type Span, type TextMapGetter, trace } from '@opentelemetry/api';
import { correlationReader } from './correlation.ts';
import { headerRecorder, type InboundRequest, inboundAttributes } from './http/http-attributes.ts';
import { queryRedactor } from './http/redaction.ts';
import { Exchange } from './http-server.ts';
import { checkOptions, serverOptionChecks, type TracingOptions } from './options.ts';
import { serverErrorRule, startServerSpan } from './server/server-span.ts';
import { extractTrusted, type Trust } from './server/trust.ts';
import { callSafely } from './span/failure.ts';
import { type AttributeItems, attributesOf, itemsOf } from './span/span-start.ts';
import { VERSION } from './version.ts';

export type { InboundRequest } from './http/http-attributes.ts';

/** Options for exchanges that come as an event; `Event` is the platform's. They mean what those of servers mean. */
export type EventTracingOptions<Event> = Pick<
  TracingOptions,
  'tracerProvider' | 'isError' | 'correlation' | 'requestHeaders' | 'redactQuery'
> & {
  /**
   * What the trace context of a request is worth: `'continue'`, `'link'` or `'ignore'`.
   * @default every context is continued
   */
  trust?: (event: Event) => Trust;
  /** Called when the span has started; a hook that throws changes nothing. */
  onStart?: (span: Span, event: Event) => void;
  /** Called just before the span ends; a hook that throws changes nothing. */
  onEnd?: (span: Span, event: Event) => void;
};

const { ignore: _ignore, responseHeaders: _responseHeaders, ...eventOptionChecks } = serverOptionChecks;

/** A request that came as an event. */
export type EventRequest = InboundRequest & {
  /** The template that the platform has matched, if it tells. */
  readonly route: string | undefined;
  /** The value of a request header by its name in lower case. */
  header(name: string): string | undefined;
};

/** Traces exchanges that come as events, whose response is a value. */
export type EventTracing<Event> = {
  /** Starts the exchange; `attributes` are what the platform says besides. */
  begin(request: EventRequest, event: Event, attributes: Attributes): Exchange;
  /** Ends it with the status of the response; with none where the handler has thrown. */
  finish(exchange: Exchange, event: Event, statusCode: number | undefined): void;
};

/** Prepares the tracing of a function's exchanges. Throws a `TypeError` for a wrong option. */
export function createEventTracing<Event>(
  component: string,
  options: EventTracingOptions<Event> = {},
): EventTracing<Event> {
  checkOptions(component, options, eventOptionChecks);
  const { tracerProvider = trace, trust, correlation = {}, onStart, onEnd } = options;
  const tracer = tracerProvider.getTracer(`@throughline/serverless/${component}`, VERSION);
  const redactQuery = queryRedactor(options.redactQuery);
  const recordRequestHeaders = headerRecorder('request', options.requestHeaders);
  const readCorrelation = correlationReader(correlation);
  const countsAsError = serverErrorRule(options.isError);

  return {
    begin(request, event, attributes) {
      const inbound = extractTrusted(request, headerGetter, trust, event);
      const { method, route } = request;
      const describe = (): AttributeItems => {
        const items = inboundAttributes(request, redactQuery);
        recordRequestHeaders?.(items, request.header);
        return itemsOf(Object.assign(attributesOf(items), attributes));
      };
      const span = startServerSpan(tracer, method, route, describe, undefined, inbound);
      const found = readCorrelation(request.header, span);
      const exchange = new Exchange(span, inbound.parent, method, route, found, false);
      if (onStart !== undefined && exchange.span.isRecording()) callSafely('onStart', onStart, exchange.span, event);
      return exchange;
    },
    finish(exchange, event, statusCode) {
      const abortedBy = statusCode === undefined ? 'server' : undefined;
      exchange.finish({ statusCode, abortedBy, contentType: undefined }, countsAsError, () => {
        if (onEnd !== undefined) callSafely('onEnd', onEnd, exchange.span, event);
      });
    },
  };
}

const headerGetter: TextMapGetter<EventRequest> = {
  keys: () => [], // what is asked for by pattern, such as Jaeger's baggage, is not found
  get: (request, name) => request.header(name.toLowerCase()),
};
