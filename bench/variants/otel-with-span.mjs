import { trace } from '@opentelemetry/api';

/** A span of one's own, as OpenTelemetry's documentation writes it. */
export function otelWithSpan() {
  const tracer = trace.getTracer('bench');
  return (name, run) =>
    tracer.startActiveSpan(name, async (span) => {
      try {
        return await run();
      } finally {
        span.end();
      }
    });
}
