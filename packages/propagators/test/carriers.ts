import {
  type Context,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api';

export type Headers = Record<string, unknown>;

/** Reads a carrier as it is, whatever its values are. */
const anyGetter = {
  keys: (headers: Headers) => Object.keys(headers),
  get: (headers: Headers, name: string) => headers[name],
} as unknown as TextMapGetter<Headers>;

/** The context that a propagator makes of these headers. */
export function extract(propagator: TextMapPropagator, headers: Headers, context: Context = ROOT_CONTEXT): Context {
  return propagator.extract(context, headers, anyGetter);
}

/** The span context that a propagator finds in these headers. */
export function extractSpan(propagator: TextMapPropagator, headers: Headers): SpanContext | undefined {
  return trace.getSpanContext(extract(propagator, headers));
}

/** The headers that a propagator writes for this context. */
export function inject(propagator: TextMapPropagator, context: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagator.inject(context, headers, defaultTextMapSetter);
  return headers;
}

/** A context in which the span with these ids is active; it began in this process. */
export function local(traceId: string, spanId: string, traceFlags: number, parent: Context = ROOT_CONTEXT): Context {
  return trace.setSpanContext(parent, { traceId, spanId, traceFlags });
}

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
export const SPAN_ID = 'b7ad6b7169203331';
