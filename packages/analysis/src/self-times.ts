import type { Trace, TraceSpan } from './trace.ts';

/**
 * For each span the time, in nanoseconds, in which none of its children ran: the union of their intervals, clipped to
 * the span, is left out. By {@link TraceSpan.index}. Where children never overlap, the times sum to the root's duration.
 */
export function selfTimes(trace: Trace): Float64Array {
  const times = new Float64Array(trace.spans.length);
  for (const span of trace.spans) times[span.index] = span.end - span.start - coveredTime(span);
  return times;
}

// Children come sorted by start, so one sweep finds their union.
function coveredTime({ children, start, end }: TraceSpan): number {
  let covered = 0;
  let reached = start;
  for (const child of children) {
    const from = Math.max(child.start, reached);
    const to = Math.min(child.end, end);
    if (to <= from) continue;
    covered += to - from;
    reached = to;
  }
  return covered;
}
