import type { CallStatistics, DependencyNode, Span, SpanKind } from '@throughline/analysis';

/**
 * Where traces are found: a backend, files, or the store of the viewer. All that can look at traces (the command line, the
 * viewer's page, scripts) works on this, so it works on all of them.
 *
 * Every method rejects with a `TraceSourceError` that names the endpoint and the remedy, and stops when its signal says so.
 */
export type TraceSource = {
  /** What it is, for people: `Jaeger at http://localhost:16686`. Without credentials. */
  readonly name: string;
  /** Traces that match, the latest first; at most {@link TraceQuery.limit}. */
  findTraces(query: TraceQuery, options?: ReadOptions): Promise<readonly TraceSummary[]>;
  /** All spans of a trace, or `undefined` if there is none with this id of 32 (or, left-padded, fewer) hexadecimal digits. */
  getTrace(traceId: string, options?: ReadOptions): Promise<readonly Span[] | undefined>;
  /** The names of all services, sorted. */
  services(options?: ReadOptions): Promise<readonly string[]>;
  /** What a service does, sorted by name. */
  operations(service: string, options?: ReadOptions): Promise<readonly Operation[]>;
  /** Who called whom within a time. */
  dependencies(window: TimeWindow, options?: ReadOptions): Promise<ServiceGraph>;
  /** Lets go of connections and files. */
  close(): Promise<void>;
};

/** Which traces to find: those with a span that is all of what is given, and that starts within the time. */
export type TraceQuery = TimeWindow & {
  readonly service?: string;
  /** The span's name. */
  readonly operation?: string;
  readonly kind?: SpanKind;
  /** Whether the span has the status error. */
  readonly error?: boolean;
  /** Of the span, in milliseconds; this and what is longer. */
  readonly minDurationMs?: number;
  /** Of the span, in milliseconds; this and what is shorter. */
  readonly maxDurationMs?: number;
  /** Attributes of the span or its resource, compared as text. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** @default 20 */
  readonly limit?: number;
};

/** How many traces are found unless more are asked for. */
export const DEFAULT_LIMIT = 20;

/** A span of time; either end may be open, which backends that need one take for the last hour and for now. */
export type TimeWindow = {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly fromMs?: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly toMs?: number;
};

/** What a list of traces shows of each. */
export type TraceSummary = {
  readonly traceId: string;
  /** Of the root span, or of the earliest one when the root is missing. */
  readonly rootService: string;
  readonly rootName: string;
  readonly startUnixNano: bigint;
  /** From the earliest start to the latest end, in nanoseconds. */
  readonly duration: number;
  /** Absent where the backend does not tell without reading the whole trace. */
  readonly spanCount?: number;
  /** Spans with the status error; absent where the backend does not tell. */
  readonly errorCount?: number;
  /** The services that take part, by name; at least that of the root. */
  readonly services: readonly { readonly name: string; readonly spanCount?: number }[];
};

/** Who called whom, as `dependencies` of @throughline/analysis has it; backends that aggregate it themselves may tell less. */
export type ServiceGraph = { readonly nodes: readonly DependencyNode[]; readonly edges: readonly ServiceCalls[] };

/** All calls from one node to another; errors and times in nanoseconds where the backend tells them. */
export type ServiceCalls = Partial<CallStatistics> & {
  readonly from: DependencyNode;
  readonly to: DependencyNode;
  readonly calls: number;
};

/** A name of spans of one service. */
export type Operation = { readonly name: string; readonly kind?: SpanKind | undefined };

/** How to read. */
export type ReadOptions = { readonly signal?: AbortSignal };

/** A source that cannot be read: where, why, and what to do about it. */
export class TraceSourceError extends Error {
  override readonly name = 'TraceSourceError';
  /** The address without credentials, or the file. */
  readonly endpoint: string;

  constructor(endpoint: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.endpoint = endpoint;
  }
}
