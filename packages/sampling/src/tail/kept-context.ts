import { createTraceState, type SpanContext, TraceFlags } from '@opentelemetry/api';
import { readThreshold, writeThreshold } from '../ot-trace-state.ts';
import { NEVER, type Threshold } from '../threshold.ts';

/** The threshold of what is kept for its own sake and stands for no other: all like it are kept. */
export const ALL: Threshold = '0';

export function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** Whether it was sampled at its start, by a share that it states. */
export function statesShare(spanContext: SpanContext): boolean {
  const ot = isSampled(spanContext) ? spanContext.traceState?.get('ot') : undefined;
  return ot !== undefined && readThreshold(ot) !== undefined;
}

/**
 * Makes the ids of an open span say that it is sampled: whatever it calls from now on is called as sampled. By which share,
 * nobody could know when the trace began, so none is stated.
 */
export function sampleFromNowOn(spanContext: SpanContext): void {
  spanContext.traceFlags |= TraceFlags.SAMPLED;
  setThreshold(spanContext, NEVER);
}

/** Makes a span that has ended one that is exported, and that says which share of those like it is. */
export function sampleAtEnd(spanContext: SpanContext, threshold: Threshold): void {
  spanContext.traceFlags |= TraceFlags.SAMPLED;
  setThreshold(spanContext, threshold);
}

const KEPT = createTraceState(`ot=th:${ALL}`);

function setThreshold(spanContext: SpanContext, threshold: Threshold): void {
  const { traceState } = spanContext;
  if (traceState === undefined) {
    if (threshold === NEVER) return;
    spanContext.traceState = threshold === ALL ? KEPT : createTraceState(`ot=th:${threshold}`);
    return;
  }
  const before = traceState.get('ot') ?? '';
  const ot = writeThreshold(before, threshold);
  if (ot !== before) spanContext.traceState = ot === '' ? traceState.unset('ot') : traceState.set('ot', ot);
}
