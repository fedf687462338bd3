import type { TraceSpan } from './trace.ts';

/**
 * Two moments this near, in nanoseconds, may be the same: an SDK takes its times from a clock of milliseconds and one
 * that drifts against it.
 */
export const CLOCK_TOLERANCE = 1_000_000;

/** By how much two ends may overlap before the spans count as concurrent: never more than a quarter of the shorter. */
export function toleranceFor(a: number, b: number, tolerance: number): number {
  return Math.min(tolerance, a / 4, b / 4);
}

/**
 * Whether a span's parent did not wait for it: the consumer of a producer's message, a span that only follows from its
 * parent (OpenTracing's `follows_from`, which the OpenTracing shim writes as a link), and one that ends after its parent.
 * The server's side of a call is waited for all the same: the client gave up, or the clocks differ.
 */
export function isAsynchronous(span: TraceSpan, tolerance: number = CLOCK_TOLERANCE): boolean {
  const { parent } = span;
  if (parent === undefined) return false;
  if (isHandedOver(span, parent)) return true;
  if (span.start >= parent.end) return span.end > parent.end;
  if (span.span.kind === 'server' && parent.span.kind === 'client') return false;
  return span.end > parent.end + toleranceFor(span.end - span.start, parent.end - parent.start, tolerance);
}

/** Whether the parent left the work to someone else by its very nature, whatever the times say. */
export function isHandedOver({ span }: TraceSpan, { span: parent }: TraceSpan): boolean {
  if (span.kind === 'consumer' && parent.kind === 'producer') return true;
  // Most spans have no links: nothing is made for them.
  return (
    span.links.length > 0 &&
    span.links.some(
      (link) => link.spanId === parent.spanId && link.attributes['opentracing.ref_type'] === 'follows_from',
    )
  );
}
