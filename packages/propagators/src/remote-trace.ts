import { type Context, createContextKey, isSpanContextValid, type SpanContext, trace } from '@opentelemetry/api';

/** The trace flag that says that the last 7 bytes of the trace id are random: Trace Context Level 2. */
export const RANDOM_FLAG = 0x02;

/** What came in with a trace and must go out with it again, but finds no place in OpenTelemetry's span contexts. */
export type RemoteTrace = {
  readonly spanContext: SpanContext;
  /** Somebody asked for this very trace by B3's or Jaeger's debug flag. */
  readonly debug?: boolean;
  /** What Datadog's tracers expect to find unchanged in the next service. */
  readonly datadog?: DatadogFacts;
};

/** Sampling priority, origin and `_dd.p.` tags of a trace that Datadog's headers brought. */
export type DatadogFacts = {
  readonly priority: number | undefined;
  readonly origin: string | undefined;
  readonly tags: readonly string[];
};

// SDKs give child spans the flags "sampled" or "none" and drop the rest, so the facts travel in the context beside them.
const REMOTE_TRACE = createContextKey('throughline.remote-trace');

// The key under which OpenTelemetry's SDKs mark contexts in which nothing is to be traced, such as an exporter's.
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** A context that continues a trace which came in. */
export function continueTrace(
  context: Context,
  ids: Omit<SpanContext, 'isRemote'>,
  facts?: Omit<RemoteTrace, 'spanContext'>,
): Context {
  // Written out: a spread costs five times as much here, and this is on the path of every request.
  const { traceId, spanId, traceFlags, traceState } = ids;
  const spanContext: SpanContext =
    traceState === undefined
      ? { traceId, spanId, traceFlags, isRemote: true }
      : { traceId, spanId, traceFlags, traceState, isRemote: true };
  const remote: RemoteTrace = facts === undefined ? { spanContext } : { ...facts, spanContext };
  return trace.setSpanContext(context, spanContext).setValue(REMOTE_TRACE, remote);
}

/** Whether one of our propagators has put this span context there, so that it is valid. */
export function isContinued(context: Context, spanContext: SpanContext): boolean {
  return (context.getValue(REMOTE_TRACE) as RemoteTrace | undefined)?.spanContext === spanContext;
}

/** What came in with the trace that goes out now; `undefined` if it began in this process. */
export function remoteTrace(context: Context, outbound: SpanContext): RemoteTrace | undefined {
  const remote = context.getValue(REMOTE_TRACE) as RemoteTrace | undefined;
  if (remote?.spanContext.traceId === outbound.traceId) return remote;
  return outbound.isRemote === true ? { spanContext: outbound } : undefined; // another propagator's, passed through
}

/** The ids to send, if there are any and tracing is not suppressed. */
export function outboundSpanContext(context: Context): SpanContext | undefined {
  if (isSuppressed(context)) return undefined;
  const spanContext = trace.getSpanContext(context);
  return spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined;
}

/** Whether nothing may be sent: an exporter's own requests and the like. */
export function isSuppressed(context: Context): boolean {
  return context.getValue(SUPPRESS_TRACING) === true;
}
