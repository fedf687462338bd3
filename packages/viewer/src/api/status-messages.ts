import type { FoundTrace } from './search-messages.ts';

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

/** Spans that came between two starts of the viewer, or two requests for a new run. */
export type Run = { readonly id: number; readonly startedMs: number; readonly traces: number; readonly spans: number };

export type RunsAnswer = { readonly runs: readonly Run[] };

/** What has just come. Sent at most four times a second. */
export type LiveMessage = {
  /** Traces that came or grew, the latest first; at most 100. */
  readonly traces: readonly Omit<FoundTrace, 'matchCount'>[];
  readonly spans: number;
};
