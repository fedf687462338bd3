import { type Span, TraceFlags } from '@opentelemetry/api';

/** The ids of a trace that shows what a measured value was like. */
export type Exemplar = { readonly trace_id: string; readonly span_id: string };

/**
 * The exemplar of a span that has ended: only of one that was recorded here and is exported. By its end a tail hold has made up
 * its mind about what failed, was slow or is kept by `keepTrace()`; what it still holds may be dropped, and is none.
 */
export function exemplarOf(span: Span, isRecorded: boolean): Exemplar | undefined {
  if (!isRecorded) return undefined;
  const { traceId, spanId, traceFlags } = span.spanContext();
  return (traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : { trace_id: traceId, span_id: spanId };
}
