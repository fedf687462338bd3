import { type Context, createContextKey, type SpanContext, TraceFlags, trace } from '@opentelemetry/api';

// The key under which OpenTelemetry's SDKs look for suppression; `core` does not import an SDK.
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
const IGNORED = createContextKey('throughline.ignored');

/** Whether no span is to be made in this context, by us or by any OpenTelemetry instrumentation. */
export function isSuppressed(context: Context): boolean {
  return context.getValue(SUPPRESS_TRACING) === true;
}

/** A context in which nobody makes spans and outgoing calls carry no ids: for what tracing itself sends. */
export function suppressTracing(parent: Context): Context {
  return parent.setValue(SUPPRESS_TRACING, true);
}

/** A context for an ignored request: nobody makes spans in it, and outgoing calls say "not sampled". */
export function ignoredContext(parent: Context, spanContext: SpanContext): Context {
  const unsampled = trace.wrapSpanContext({ ...spanContext, traceFlags: TraceFlags.NONE, isRemote: false });
  return trace.setSpan(parent, unsampled).setValue(SUPPRESS_TRACING, true).setValue(IGNORED, true);
}

/**
 * The context whose ids an outgoing call without a span carries: that of an ignored request, so that the callee drops
 * its part too. `undefined` where tracing is suppressed for another reason, as for an exporter's own requests.
 */
export function unsampledContext(context: Context): Context | undefined {
  return context.getValue(IGNORED) === true ? context.deleteValue(SUPPRESS_TRACING) : undefined;
}
