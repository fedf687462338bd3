import type { Span } from './span.ts';
import type { TraceWarning } from './trace.ts';

/** Start and end of each span, nanoseconds since the origin. */
export type TraceTimes = { readonly origin: bigint; readonly starts: Float64Array; readonly ends: Float64Array };

// 52 days: the differences of times this near to the median are exact in a double.
const BELIEVABLE = 2n ** 52n;

/**
 * Times on one axis. A time more than 52 days from the median start of the trace, such as one that was never set, would
 * squeeze all others into one pixel: such a start is taken as that of the trace, such an end as the start of its span.
 */
export function traceTimes(spans: readonly Span[], warnings: TraceWarning[]): TraceTimes {
  const median = medianStart(spans);
  const isBelievable = (time: bigint): boolean => time - median < BELIEVABLE && median - time < BELIEVABLE;
  let origin = median;
  for (const { startUnixNano } of spans)
    if (startUnixNano < origin && isBelievable(startUnixNano)) origin = startUnixNano;

  const starts = new Float64Array(spans.length);
  const ends = new Float64Array(spans.length);
  for (const [index, { spanId, startUnixNano, endUnixNano }] of spans.entries()) {
    const start = isBelievable(startUnixNano) ? startUnixNano : origin;
    const end = isBelievable(endUnixNano) ? endUnixNano : start;
    const duration = Number(end - start);
    if (start !== startUnixNano || end !== endUnixNano) {
      const message = `Span ${spanId} lasts from ${startUnixNano} to ${endUnixNano} ns, too far from the rest of its trace; it is shown within it.`;
      warnings.push({ kind: 'absurd-duration', spanId, message });
    } else if (duration < 0) {
      const message = `Span ${spanId} ends ${-duration} ns before it starts; it is shown without duration.`;
      warnings.push({ kind: 'negative-duration', spanId, message });
    }
    starts[index] = Number(start - origin);
    ends[index] = Number(start - origin) + Math.max(duration, 0);
  }
  return { origin, starts, ends };
}

// Times that were never set do not count, unless there are no others.
function medianStart(spans: readonly Span[]): bigint {
  const starts = new BigUint64Array(spans.length);
  let count = 0;
  for (const { startUnixNano } of spans) if (startUnixNano > 0n) starts[count++] = startUnixNano;
  if (count === 0) return 0n;
  return starts.subarray(0, count).sort()[count >> 1] as bigint;
}
