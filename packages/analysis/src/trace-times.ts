import type { Node } from './distinct-spans.ts';
import type { TraceWarning } from './trace.ts';
import { warn } from './trace-warnings.ts';

// 52 days: the differences of times this near to the median are exact in a double.
const BELIEVABLE = 2n ** 52n;

/**
 * Puts the times of all spans on one axis and returns its origin. A time more than 52 days from the median start of the
 * trace, such as one that was never set, would squeeze all others into one pixel: such a start is taken as that of the
 * trace, such an end as the start of its span.
 */
export function setTimes(nodes: readonly Node[], warnings: TraceWarning[]): bigint {
  let first = nodes[0]?.span.startUnixNano ?? 0n;
  let last = first;
  for (const { span } of nodes) {
    const { startUnixNano: start, endUnixNano: end } = span;
    if (start < first) first = start;
    if (end < first) first = end;
    if (start > last) last = start;
    if (end > last) last = end;
  }
  // Times this near to each other are near to their median too, which need not be found then.
  const near = last - first < BELIEVABLE;
  const median = near ? last : medianStart(nodes);
  const isBelievable = (time: bigint): boolean => near || (time - median < BELIEVABLE && median - time < BELIEVABLE);
  let origin = median;
  for (const { span } of nodes)
    if (span.startUnixNano < origin && isBelievable(span.startUnixNano)) origin = span.startUnixNano;
  for (const node of nodes) {
    const { spanId, startUnixNano, endUnixNano } = node.span;
    const start = isBelievable(startUnixNano) ? startUnixNano : origin;
    const end = isBelievable(endUnixNano) ? endUnixNano : start;
    const duration = Number(end - start);
    if (start !== startUnixNano || end !== endUnixNano) {
      warn(
        warnings,
        'absurd-duration',
        spanId,
        `Span ${spanId} lasts from ${startUnixNano} to ${endUnixNano} ns, too far from the rest of its trace; it is shown within it.`,
      );
    } else if (duration < 0) {
      warn(
        warnings,
        'negative-duration',
        spanId,
        `Span ${spanId} ends ${-duration} ns before it starts; it is shown without duration.`,
      );
    }
    node.start = Number(start - origin);
    node.end = node.start + Math.max(duration, 0);
  }
  return origin;
}

// Times that were never set do not count, unless there are no others.
function medianStart(nodes: readonly Node[]): bigint {
  const starts = new BigUint64Array(nodes.length);
  let count = 0;
  for (const { span } of nodes) if (span.startUnixNano > 0n) starts[count++] = span.startUnixNano;
  return starts.subarray(0, count).sort()[count >> 1] ?? 0n;
}
