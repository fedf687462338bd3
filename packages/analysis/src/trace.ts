import type { Span } from './span.ts';

/**
 * A trace as a forest of spans, made by `buildTrace`. Times are nanoseconds since {@link Trace.startUnixNano}, as plain
 * numbers: exact for traces of up to 104 days.
 */
export type Trace = {
  readonly traceId: string;
  /** The earliest start of all spans with a believable time. */
  readonly startUnixNano: bigint;
  /** From the earliest start to the latest end, nanoseconds. */
  readonly duration: number;
  /**
   * Spans without a parent in the trace: true roots first, then those whose parent is missing, each by start. The first
   * one is the root that a reader means.
   */
  readonly roots: readonly TraceSpan[];
  /** All spans, parents before children, siblings by start, then by span id: the order of a waterfall. */
  readonly spans: readonly TraceSpan[];
  /** By span id. Of a span that caller and callee share, as Zipkin has them, the caller's half; the callee's is its child. */
  readonly byId: ReadonlyMap<string, TraceSpan>;
  /** What was wrong with the input and how it was read anyway. */
  readonly warnings: readonly TraceWarning[];
};

/** A span in its place in the trace. */
export type TraceSpan = {
  readonly span: Span;
  readonly parent: TraceSpan | undefined;
  readonly children: readonly TraceSpan[];
  /** 0 for a root. */
  readonly depth: number;
  /** Nanoseconds since the start of the trace. */
  readonly start: number;
  /** Nanoseconds since the start of the trace, never before {@link TraceSpan.start}. */
  readonly end: number;
  /** Position in {@link Trace.spans}. */
  readonly index: number;
};

/** A flaw of the input: what it is, on which span, and what was made of it. */
export type TraceWarning = {
  readonly kind:
    | 'orphan'
    | 'several-roots'
    | 'duplicate-span'
    | 'cycle'
    | 'negative-duration'
    | 'absurd-duration'
    | 'clock-skew'
    | 'missing-id'
    | 'missing-service'
    | 'other-trace';
  readonly spanId: string;
  readonly message: string;
};
