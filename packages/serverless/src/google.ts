import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Attributes, type Span, SpanKind, type TracerProvider, trace } from '@opentelemetry/api';
import { callSafely, extractContext, type TracingOptions, tracedListener, VERSION } from '@throughline/core';
import { correlationReader, getRequestScope, setRequestScope } from '@throughline/core/correlation';
import { checkFlush, type FlushOptions, flushWithin } from './flush.ts';
import {
  ATTR_CLOUDEVENTS_EVENT_ID,
  ATTR_CLOUDEVENTS_EVENT_SOURCE,
  ATTR_CLOUDEVENTS_EVENT_SUBJECT,
  ATTR_CLOUDEVENTS_EVENT_TYPE,
  invocationAttributes,
  type Trigger,
} from './function-attributes.ts';
import { followInvocation } from './invocation.ts';

export type { FlushOptions } from './flush.ts';

/** As much as is read of a CloudEvent, version 1.0. */
export type CloudEvent = {
  readonly id?: string;
  readonly source?: string;
  readonly type?: string;
  readonly subject?: string;
  /** Of the extension for distributed tracing. */
  readonly traceparent?: unknown;
  readonly tracestate?: unknown;
};

/** Options of `tracedEventHandler`. */
export type EventHandlerOptions = FlushOptions & {
  /**
   * Where spans are made.
   * @default the provider registered with `@opentelemetry/api`
   */
  tracerProvider?: TracerProvider;
  /** Called when the span has started; a hook that throws changes nothing. */
  onStart?: (span: Span, event: CloudEvent) => void;
  /** Called just before the span ends; a hook that throws changes nothing. */
  onEnd?: (span: Span, event: CloudEvent) => void;
};

/**
 * Traces a Google Cloud function for HTTP: a SERVER span as with every server adapter. Its spans are exported as soon as the
 * response is complete. The platform may throttle the process then; what does not get out goes with the next request, or
 * when the instance is told to end (`startTracing` exports then). Throws a `TypeError` for a wrong option.
 *
 * @example
 * functions.http('orders', tracedHandler((request, response) => response.send('ok'), { flush: tracing.flush }));
 */
export function tracedHandler<Request extends IncomingMessage, Response extends ServerResponse>(
  handler: (request: Request, response: Response) => unknown,
  options: TracingOptions & FlushOptions,
): (request: Request, response: Response) => unknown {
  const { flush, flushTimeoutMs = 2000, onStart, ...serverOptions } = options ?? {};
  checkFlush('google', options ?? {});
  const listener = tracedListener(handler as never, {
    ...serverOptions,
    onStart(span, request) {
      span.setAttributes(invocationAttributes('http', request.headers['function-execution-id']));
      if (onStart !== undefined) callSafely('onStart', onStart, span, request);
    },
  });
  return function tracedGoogleHandler(request, response) {
    const result: unknown = listener(request, response as never);
    response.once('close', () => void flushWithin(flush, flushTimeoutMs));
    return result;
  };
}

/**
 * Traces a Google Cloud function for CloudEvents: a CONSUMER span, a child of the sender's where the event has the extension
 * for distributed tracing. Its spans are exported before the event counts as handled. What the handler throws is recorded
 * and rethrown, the same object. Throws a `TypeError` for a wrong option.
 *
 * @example
 * functions.cloudEvent('paid', tracedEventHandler(async (event) => book(event.data), { flush: tracing.flush }));
 */
export function tracedEventHandler<Event extends CloudEvent, Result>(
  handler: (event: Event) => Result | Promise<Result>,
  options: EventHandlerOptions,
): (event: Event) => Promise<Result> {
  const { flush, flushTimeoutMs = 2000, tracerProvider = trace, onStart, onEnd } = options ?? {};
  checkFlush('google', options ?? {});
  const tracer = tracerProvider.getTracer('@throughline/serverless/google', VERSION);
  const readCorrelation = correlationReader({});

  return async function tracedGoogleEventHandler(event) {
    const parent = extractContext({ traceparent: event.traceparent, tracestate: event.tracestate });
    const attributes = { ...invocationAttributes(triggerOf(event.type), event.id), ...describeEvent(event) };
    const { K_SERVICE: name = 'function' } = process.env;
    const span = callSafely('start', () => tracer.startSpan(name, { kind: SpanKind.CONSUMER, attributes }, parent));
    if (span === undefined) return handler(event);
    const own = { correlation: readCorrelation(() => undefined, span) };
    const spanContext = setRequestScope(trace.setSpan(parent, span), getRequestScope(parent) ?? own);
    if (onStart !== undefined) callSafely('onStart', onStart, span, event);
    try {
      return await followInvocation(
        span,
        spanContext,
        async () => await handler(event),
        (ended) => onEnd !== undefined && callSafely('onEnd', onEnd, ended, event),
      );
    } finally {
      await flushWithin(flush, flushTimeoutMs);
    }
  };
}

// https://opentelemetry.io/docs/specs/semconv/cloudevents/cloudevents-spans/
function describeEvent({ id, source, type, subject }: CloudEvent): Attributes {
  return {
    [ATTR_CLOUDEVENTS_EVENT_ID]: id,
    [ATTR_CLOUDEVENTS_EVENT_SOURCE]: source,
    [ATTR_CLOUDEVENTS_EVENT_TYPE]: type,
    [ATTR_CLOUDEVENTS_EVENT_SUBJECT]: subject,
  };
}

// Types are named by their service: google.cloud.pubsub.topic.v1.messagePublished
function triggerOf(type: string | undefined): Trigger {
  if (type?.startsWith('google.cloud.pubsub.')) return 'pubsub';
  if (type?.startsWith('google.cloud.scheduler.')) return 'timer';
  return type !== undefined && /^google\.(cloud\.(storage|firestore|datastore)|firebase)\./.test(type)
    ? 'datasource'
    : 'other';
}
