import { CLOCK_TOLERANCE, isAsynchronous, isHandedOver, toleranceFor } from './asynchronous.ts';
import { sortInPlace } from './collections.ts';
import type { Trace, TraceSpan } from './trace.ts';

/** What a critical path is of, and how it reads doubtful times. */
export type CriticalPathOptions = {
  /**
   * The span whose duration is to be explained.
   * @default the first root of the trace
   */
  root?: TraceSpan;
  /**
   * By how many nanoseconds one sibling may end after the next has started and still be what that one waited for; never
   * more than a quarter of either.
   * @default 1_000_000
   */
  tolerance?: number;
  /**
   * Whether a child that outlives its parent is cut off at the parent's end and may lie on the path, as Jaeger has it,
   * instead of counting as asynchronous.
   * @default false
   */
  clip?: boolean;
};

/** A span during an interval, in nanoseconds since the start of the trace. */
export type Interval = { readonly span: TraceSpan; readonly start: number; readonly end: number };

/** What the duration of a span consists of. */
export type CriticalPath = {
  /** The span that is explained; absent in an empty trace. */
  readonly root: TraceSpan | undefined;
  /** In order of time: what the root waited for at each moment. They touch, do not overlap, and fill the root exactly. */
  readonly segments: readonly Interval[];
  /** Each span on the path with the interval in which its parent waited for it, the latest first, parents before children. */
  readonly spans: readonly Interval[];
  /** Spans beside the path that their parents waited for too, and how much longer they could take without being noticed. */
  readonly parallel: readonly (Interval & { readonly slack: number })[];
  /** Spans of the trace that nobody waited for; nothing below them is on the path. */
  readonly asynchronous: readonly TraceSpan[];
};

/**
 * What a request waited for, from its end back to its start: in each span the child that ended last, then the one that
 * had ended when that one started, and so on; the gaps are the span's own. O(n log n), without recursion.
 *
 * Follows CRISP (Zhang et al., USENIX ATC 2022), and differs from Jaeger's implementation where that is wrong: siblings
 * that touch are both on the path (jaegertracing/jaeger#9148), and a child that outlives its parent does not take it over.
 */
export function criticalPath(trace: Trace, options: CriticalPathOptions = {}): CriticalPath {
  const { root = trace.roots[0], tolerance = CLOCK_TOLERANCE, clip = false } = options;
  const leavesAlone = clip
    ? (span: TraceSpan) => span.parent !== undefined && isHandedOver(span, span.parent)
    : (span: TraceSpan) => isAsynchronous(span, tolerance);
  const asynchronous = trace.spans.filter(leavesAlone);
  const isUnawaited = new Uint8Array(trace.spans.length);
  for (const { index } of asynchronous) isUnawaited[index] = 1;
  const segments: Interval[] = [];
  const spans: Interval[] = [];
  const parallel: (Interval & { slack: number })[] = [];
  const stack: Visit[] = [];
  if (root !== undefined) enter(root, root.start, root.end);

  for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
    const child = nextAwaited(visit);
    const end = child === undefined ? visit.start : Math.min(child.end, visit.reached);
    if (visit.reached > end) segments.push({ span: visit.span, start: end, end: visit.reached });
    if (child === undefined) {
      stack.pop();
    } else {
      visit.reached = Math.max(child.start, visit.start);
      visit.next = child.end - child.start;
      visit.joins.push(visit.reached);
      enter(child, visit.reached, end);
    }
  }
  return { root, segments: segments.reverse(), spans, parallel, asynchronous };

  function enter(span: TraceSpan, start: number, end: number) {
    const interval = { span, start, end };
    spans.push(interval);
    if (span.children.length === 0) {
      if (end > start) segments.push(interval);
      return;
    }
    const awaited: TraceSpan[] = [];
    for (const child of span.children)
      if (child.start < end && child.end > start && isUnawaited[child.index] === 0) awaited.push(child);
    sortInPlace(awaited, byEnd);
    stack.push({ span, start, end, reached: end, next: 0, awaited, joins: [], joined: 0 });
  }

  function nextAwaited(visit: Visit): TraceSpan | undefined {
    for (let child = visit.awaited.pop(); child !== undefined; child = visit.awaited.pop()) {
      const start = Math.max(child.start, visit.start);
      // The sweep has come back to `reached`: what ends later than that ran beside the child that starts there.
      const overlap = Math.min(child.end, visit.end) - visit.reached;
      if (start < visit.reached && overlap <= toleranceFor(child.end - child.start, visit.next, tolerance))
        return child;
      const end = Math.min(child.end, visit.end);
      if (end > start) parallel.push({ span: child, start, end, slack: joinAfter(visit, end) - end });
    }
    return undefined;
  }
}

// Of those that end at once the longest comes last, and is taken first.
function byEnd(a: TraceSpan, b: TraceSpan): number {
  return a.end - b.end || b.start - a.start || b.index - a.index;
}

type Visit = {
  readonly span: TraceSpan;
  readonly start: number;
  readonly end: number;
  /** Everything from here to the end is explained. */
  reached: number;
  /** How long the child took that starts there. */
  next: number;
  /** Children by end, the last one last. */
  readonly awaited: TraceSpan[];
  /** Where children on the path start, the latest first: each waits for all that ended before it. */
  readonly joins: number[];
  joined: number;
};

// Called with ever earlier moments, so that all calls together look at each join once.
function joinAfter(visit: Visit, moment: number): number {
  while (visit.joined < visit.joins.length && (visit.joins[visit.joined] ?? 0) >= moment) visit.joined += 1;
  return visit.joined === 0 ? visit.end : (visit.joins[visit.joined - 1] ?? visit.end);
}
