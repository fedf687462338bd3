/**
 * Everything that the viewer's page and server say to each other, for the page to import.
 *
 * All addresses begin with `/api/viewer/`, answer JSON, and take their parameters from the query string. Durations are
 * nanoseconds as numbers; moments are nanoseconds since 1970 as text, or milliseconds where the name ends in `Ms`.
 *
 * ```text
 * GET  status                              Status
 * GET  traces?SearchParameters             SearchAnswer
 * GET  summaries?ids={id},{id}             SummariesAnswer: those of at most 100 traces that are there
 * GET  traces/{id}                         TraceColumns
 * GET  traces/{id}/spans/{spanId}          SpanDetails
 * GET  traces/{id}/matches?query=          MatchesAnswer
 * GET  traces/{id}/bottlenecks             BottlenecksAnswer
 * GET  traces/{id}/logs                    LogsAnswer
 * GET  traces/{id}/otlp                    OTLP JSON, to copy or download
 * GET  services                            ServicesAnswer
 * GET  operations?service=                 OperationsAnswer
 * GET  dependencies?SelectionParameters    DependenciesAnswer
 * GET  statistics?SelectionParameters      StatisticsAnswer
 * GET  heatmap?HeatMapParameters           HeatMap
 * GET  differences?DifferencesParameters   DifferencesAnswer
 * GET  compare?before={id}&after={id}      ComparisonAnswer: two traces
 * GET  compare-runs?before=1&after=2       RunComparisonAnswer
 * GET  runs                                RunsAnswer
 * POST runs                                Run: what comes from now on belongs to a new run
 * GET  live                                Server-sent events, each with a LiveMessage as its data
 * ```
 *
 * Anything else than 2xx carries a {@link Problem}.
 */

/** Why there is no answer, for people: what was expected and what to do. */
export type Problem = {
  readonly message: string;
  /** Where in the query string of a search the flaw is, from 0. */
  readonly position?: number;
};

/** What the viewer has, what it holds on to, and what it turned away. */
export type Status = {
  /** `@throughline/viewer`: whatever answers otherwise is no viewer. */
  readonly program: string;
  readonly version: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly store: StoreStatus;
  /** The run that arriving spans belong to. */
  readonly run: number;
  readonly received: {
    readonly spans: number;
    readonly logs: number;
    /** Spans and records that were turned away one by one, such as those without an id. */
    readonly rejected: number;
    /** Requests turned away because the queue or the disk was full; their senders send again. */
    readonly deferred: number;
  };
};

/** Where spans are kept. */
export type StoreStatus = {
  readonly kind: 'memory' | 'duckdb';
  /** The file, where there is one. */
  readonly file?: string;
  /** Why there is no file, where one was wanted, and the remedy. */
  readonly note?: string;
  /** What was wrong with the file, where it is now, and how much of it could be read. */
  readonly damage?: string;
  readonly spans: number;
  readonly traces: number;
  readonly logs: number;
  /** What it takes in memory or on disk, and what it may take before the oldest goes. */
  readonly bytes: number;
  readonly maxBytes: number;
};

/** Which spans are meant. All is optional. */
export type SelectionParameters = {
  /**
   * In the language of Tempo, or part of it: `{ resource.service.name = "shop" && duration > 100ms }`; braces may be left
   * out, `AND`, `OR`, `NOT` written, and a bare word means any span with this text in its name, service or attributes.
   */
  readonly query?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly run?: number;
};

export type SearchParameters = SelectionParameters & {
  /** @default 'latest' */
  readonly sort?: 'latest' | 'slowest' | 'errors';
  /** At most 1000. @default 50 */
  readonly limit?: number;
};

export type SearchAnswer = {
  readonly traces: readonly FoundTrace[];
  /** Whether there are more than the limit. */
  readonly more: boolean;
};

export type SummariesAnswer = { readonly traces: readonly Omit<FoundTrace, 'matchCount'>[] };

/** A trace in a list. */
export type FoundTrace = {
  readonly traceId: string;
  readonly rootService: string;
  readonly rootName: string;
  readonly startUnixNano: string;
  readonly duration: number;
  readonly spanCount: number;
  readonly errorCount: number;
  /** How many spans match the query. */
  readonly matchCount: number;
  readonly services: readonly { readonly name: string; readonly spanCount: number; readonly errorCount: number }[];
  readonly run: number;
};

/**
 * All spans of a trace, column by column, in the order of a waterfall: the n-th entry of each belongs to the n-th span.
 * 100,000 spans are some megabytes; what is not needed to draw them comes with {@link SpanDetails}.
 */
export type TraceColumns = {
  readonly traceId: string;
  readonly startUnixNano: string;
  readonly duration: number;
  readonly run: number;
  /** What `service` and `name` count in. */
  readonly services: readonly string[];
  readonly names: readonly string[];
  readonly spanIds: readonly string[];
  /** Index of the parent, which always comes before; -1 for a root. */
  readonly parents: readonly number[];
  readonly service: readonly number[];
  readonly name: readonly number[];
  /** Index in {@link SPAN_KINDS}. */
  readonly kind: readonly number[];
  /** Index in {@link SPAN_STATUSES}. */
  readonly status: readonly number[];
  /** Since the start of the trace. */
  readonly start: readonly number[];
  readonly durations: readonly number[];
  readonly selfTime: readonly number[];
  /** How many events a span has. */
  readonly events: readonly number[];
  /** What the first root waited for: indexes of spans, and from when to when, since the start of the trace. In order. */
  readonly criticalPath: {
    readonly span: readonly number[];
    readonly start: readonly number[];
    readonly end: readonly number[];
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

/** A value of an attribute; any JSON. Keys and texts are hostile: never markup. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** A list of pairs, as keys are what senders make them. */
export type Pairs = readonly (readonly [key: string, value: Value])[];

/** What is looked at one span at a time. */
export type SpanDetails = {
  readonly spanId: string;
  readonly statusMessage?: string;
  readonly traceState?: string;
  readonly attributes: Pairs;
  readonly resource: Pairs;
  readonly scope?: { readonly name: string; readonly version?: string };
  /** Time since the start of the trace. */
  readonly events: readonly { readonly name: string; readonly time: number; readonly attributes: Pairs }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: Pairs }[];
  readonly droppedAttributes: number;
  readonly droppedEvents: number;
  readonly droppedLinks: number;
  readonly rank: Rank;
};

/** Whether a span is slow for what it is: where its duration lies among all spans of its service, name and kind. */
export type Rank = {
  /** The share of them that took less time, from 0 to 1. */
  readonly percentile: number;
  /** How many there are. */
  readonly spans: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
};

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

export type LogsAnswer = {
  /** By time; at most 1000. */
  readonly logs: readonly {
    readonly timeUnixNano: string;
    readonly spanId?: string;
    /** 1–4 trace, 5–8 debug, 9–12 info, 13–16 warn, 17–20 error, 21–24 fatal; 0 when unknown. */
    readonly severity: number;
    readonly severityText?: string;
    readonly service: string;
    readonly body: Value;
    readonly attributes: Pairs;
  }[];
};

export type ServicesAnswer = { readonly services: readonly string[] };
export type OperationsAnswer = { readonly operations: readonly { readonly name: string; readonly kind: string }[] };

/** How often, how often in vain, how long. */
export type Calls = {
  /** Estimated from the sampling of the spans. */
  readonly calls: number;
  readonly errors: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
};

/** The service map. */
export type DependenciesAnswer = {
  readonly nodes: readonly { readonly name: string; readonly kind: 'service' | 'database' | 'queue' | 'peer' }[];
  /** `from` and `to` are indexes of nodes. */
  readonly edges: readonly (Calls & {
    readonly from: number;
    readonly to: number;
    readonly operations: readonly (Calls & { readonly name: string })[];
  })[];
  /** How many traces were looked at, and whether these were all. */
  readonly traces: number;
  readonly complete: boolean;
};

export type StatisticsAnswer = {
  readonly operations: readonly (Calls & {
    readonly service: string;
    readonly name: string;
    readonly kind: string;
    /** Calls a second, over the time from the first span to the last. */
    readonly rate: number;
  })[];
};

export type HeatMapParameters = SelectionParameters & {
  /** At most 200. @default 60 */
  readonly columns?: number;
};

/** Spans by when they started and how long they took. */
export type HeatMap = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly columns: number;
  /** Upper bounds of the rows, nanoseconds, ascending. The first row begins at 0. */
  readonly bounds: readonly number[];
  /** Cells with spans: `row * columns + column`, how many spans, how many of them failed. */
  readonly cells: readonly number[];
  readonly counts: readonly number[];
  readonly errors: readonly number[];
  readonly spans: number;
};

/** The selected spans among those that the query means; the rest is what they are held against. */
export type DifferencesParameters = SelectionParameters & {
  readonly selectFromMs?: number;
  readonly selectToMs?: number;
  readonly minDuration?: number;
  readonly maxDuration?: number;
  /** Only failed spans. */
  readonly errors?: boolean;
};

export type DifferencesAnswer = {
  readonly selected: number;
  readonly others: number;
  /** Whether all spans were looked at, or the latest 20,000. */
  readonly complete: boolean;
  /** The most telling first; at most 50. Shares are from 0 to 1. */
  readonly attributes: readonly {
    readonly key: string;
    readonly value: string;
    readonly selected: number;
    readonly others: number;
    readonly deviations: number;
  }[];
};

export type ComparisonAnswer = {
  readonly before: { readonly traces: number; readonly duration: number };
  readonly after: { readonly traces: number; readonly duration: number };
  /** In the order of a waterfall. Figures are of one trace, on average. */
  readonly paths: readonly {
    readonly service: string;
    readonly name: string;
    readonly depth: number;
    readonly before?: PathFigures;
    readonly after?: PathFigures;
    readonly difference: number;
  }[];
};

export type PathFigures = {
  readonly spans: number;
  readonly errors: number;
  readonly time: number;
  readonly selfTime: number;
};

export type RunComparisonAnswer = ComparisonAnswer & {
  /** What chance does not explain, the most certain first. */
  readonly anomalies: readonly {
    readonly kind: string;
    readonly service: string;
    readonly name: string;
    readonly callee?: string;
    readonly path?: readonly string[];
    readonly current: number;
    readonly baseline: number;
    readonly deviations: number;
  }[];
};

/** Spans that came between two starts of the viewer, or two requests for a new run. */
export type Run = { readonly id: number; readonly startedMs: number; readonly traces: number; readonly spans: number };
export type RunsAnswer = { readonly runs: readonly Run[] };

/** What has just come. Sent at most four times a second. */
export type LiveMessage = {
  /** Traces that came or grew, the latest first; at most 100. */
  readonly traces: readonly Omit<FoundTrace, 'matchCount'>[];
  readonly spans: number;
};
