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
