import type { Node } from './distinct-spans.ts';
import type { TraceWarning } from './trace.ts';
import { warn } from './trace-warnings.ts';

// 52 days: the differences of times this near to the median are exact in a double.
const BELIEVABLE = 2 ** 52;

/**
 * Puts the times of all spans on one axis and returns its origin. A time more than 52 days from the median start of the
 * trace, such as one that was never set, would squeeze all others into one pixel: such a start is taken as that of the
 * trace, such an end as the start of its span.
 */
export function setTimes(nodes: readonly Node[], warnings: TraceWarning[]): bigint {
  let zero = nodes[0]?.span.startUnixNano ?? 0n;
  if (place(nodes, zero) >= BELIEVABLE) {
    zero = medianStart(nodes);
    place(nodes, zero);
  }
  let origin = 0;
  for (const { start } of nodes) if (isBelievable(start)) origin = Math.min(origin, start);
  for (const node of nodes) {
    const start = isBelievable(node.start) ? node.start : origin;
    const end = isBelievable(node.end) ? node.end : start;
    if (start !== node.start || end !== node.end) {
      const { spanId, startUnixNano, endUnixNano } = node.span;
      warn(
        warnings,
        'absurd-duration',
        spanId,
        `Span ${spanId} lasts from ${startUnixNano} to ${endUnixNano} ns, far outside of its trace; it is shown within it.`,
      );
    } else if (end < start) {
      const { spanId } = node.span;
      warn(
        warnings,
        'negative-duration',
        spanId,
        `Span ${spanId} ends ${start - end} ns before it starts; it is shown without duration.`,
      );
    }
    node.start = start - origin;
    node.end = Math.max(start, end) - origin;
  }
  return zero + BigInt(origin);
}

// Puts times in nanoseconds since one of them, and returns how far they are apart: numbers are quicker than big integers.
function place(nodes: readonly Node[], zero: bigint): number {
  let first = 0;
  let last = 0;
  for (const node of nodes) {
    const start = Number(node.span.startUnixNano - zero);
    const end = Number(node.span.endUnixNano - zero);
    first = Math.min(first, start, end);
    last = Math.max(last, start, end);
    node.start = start;
    node.end = end;
  }
  return last - first;
}

function isBelievable(time: number): boolean {
  return Math.abs(time) < BELIEVABLE;
}

// Times that were never set do not count, unless there are no others.
function medianStart(nodes: readonly Node[]): bigint {
  const starts = new BigUint64Array(nodes.length);
  let count = 0;
  for (const { span } of nodes) if (span.startUnixNano > 0n) starts[count++] = span.startUnixNano;
  return starts.subarray(0, count).sort()[count >> 1] ?? 0n;
}
