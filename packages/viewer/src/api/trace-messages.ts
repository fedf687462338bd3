import type { SpanIds } from './span-ids.ts';
import type { SpanDetails } from './span-messages.ts';

/**
 * All spans of a trace, column by column, in the order of a waterfall: the n-th entry of each belongs to the n-th span.
 * On the way they are packed, in some 20 bytes a span; what is not needed to draw them comes with {@link SpanDetails}.
 */
export type TraceColumns = {
  readonly traceId: string;
  readonly startUnixNano: string;
  readonly duration: number;
  readonly run: number;
  /** What `service` and `name` count in. */
  readonly services: readonly string[];
  readonly names: readonly string[];
  readonly spanIds: SpanIds;
  /** Index of the parent, which always comes before; -1 for a root. */
  readonly parents: Int32Array;
  readonly service: Int32Array;
  readonly name: Int32Array;
  /** Index in {@link SPAN_KINDS}. */
  readonly kind: Int32Array;
  /** Index in {@link SPAN_STATUSES}. */
  readonly status: Int32Array;
  /** Since the start of the trace. */
  readonly start: Float64Array;
  readonly durations: Float64Array;
  readonly selfTime: Float64Array;
  /** What the first root waited for: indexes of spans, and from when to when, since the start of the trace. In order. */
  readonly criticalPath: {
    readonly span: Int32Array;
    readonly start: Float64Array;
    readonly end: Float64Array;
  };
  /** Spans that nobody waited for, by index. */
  readonly asynchronous: readonly number[];
  /** What was wrong with the spans and how they were read anyway; at most 100 of them. */
  readonly warnings: readonly { readonly kind: string; readonly spanId: string; readonly message: string }[];
  readonly warningCount: number;
  /** How many log records belong to this trace. */
  readonly logCount: number;
};

/** The names that {@link TraceColumns.kind} stands for. */
export const SPAN_KINDS = ['internal', 'server', 'client', 'producer', 'consumer'] as const;

/** The names that {@link TraceColumns.status} stands for. */
export const SPAN_STATUSES = ['unset', 'ok', 'error'] as const;

/** Indexes of the spans that match, ascending. */
export type MatchesAnswer = { readonly spans: readonly number[] };

export type BottlenecksAnswer = {
  readonly bottlenecks: readonly {
    /** `database`, `external`, `network`, `queue`, `wait`, `cpu`, `n+1` or `sequential`. */
    readonly kind: string;
    readonly service: string;
    readonly name: string;
    /** Indexes; at most 1000. */
    readonly spans: readonly number[];
    readonly spanCount: number;
    /** On the critical path. */
    readonly time: number;
    /** What the request would save if this took no time. */
    readonly drag: number;
  }[];
};
