import { context, isSpanContextValid, trace } from '@opentelemetry/api';
import { getCorrelation } from './correlation.ts';

/**
 * The ids of the active span and request.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export type LogFields = { trace_id?: string; span_id?: string; trace_flags?: string; request_id?: string };

/**
 * The ids to put into a log line written now, as a fresh object: `trace_id`, `span_id` and `trace_flags` of the active
 * span, in hex, and `request_id` of the active request. What is not there is left out.
 */
export function logFields(): LogFields {
  const active = context.active();
  const fields: LogFields = {};
  const spanContext = trace.getSpanContext(active);
  if (spanContext !== undefined && isSpanContextValid(spanContext)) {
    fields.trace_id = spanContext.traceId;
    fields.span_id = spanContext.spanId;
    fields.trace_flags =
      spanContext.traceFlags < 16 ? `0${spanContext.traceFlags.toString(16)}` : spanContext.traceFlags.toString(16);
  }
  const correlation = getCorrelation(active);
  if (correlation !== undefined) fields.request_id = correlation.id;
  return fields;
}
