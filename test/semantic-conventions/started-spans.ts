import { type Attributes, type TracerProvider, trace } from '@opentelemetry/api';

/** The registered tracer provider, and the attributes that each span of it started with, by span id. */
export type StartedSpans = { readonly tracerProvider: TracerProvider; of(spanId: string): Attributes | undefined };

/** Watches what a sampler gets to see, whatever the SDK. */
export function watchStartedSpans(): StartedSpans {
  const started = new Map<string, Attributes>();
  const tracerProvider: TracerProvider = {
    getTracer(...scope) {
      const tracer = trace.getTracerProvider().getTracer(...scope);
      return {
        startSpan(name, options, parent) {
          const span = tracer.startSpan(name, options, parent);
          started.set(span.spanContext().spanId, { ...options?.attributes });
          return span;
        },
        startActiveSpan: tracer.startActiveSpan,
      };
    },
  };
  return { tracerProvider, of: (spanId) => started.get(spanId) };
}
