import type { Dependencies, LogRecord, Span, SpanKind, TraceProfile } from '@throughline/analysis';
import type { ReadOptions, TimeWindow, TraceSource } from '@throughline/readers';
import type { FoundTrace, HeatMap, Rank, Run, StatisticsAnswer, StoreStatus } from '../api/messages.ts';
import type { TraceFilter } from '../query/filter.ts';

/**
 * Where the viewer keeps what it receives. It reads as any other source of traces does, and answers what the page asks
 * beyond that where the spans are, rather than handing them all out.
 */
export type TraceStore = Omit<TraceSource, 'dependencies'> & {
  /** Who called whom within a time, with errors and times of all calls. */
  dependencies(window: TimeWindow, options?: ReadOptions): Promise<Dependencies>;
  /** Keeps spans and logs. When it resolves they are stored as safely as this store stores anything; else none of them is. */
  append(batch: Batch): Promise<void>;
  /** What is meant by all spans of a selection, the traces in the order asked for. */
  search(selection: Selection, sort: Sort, limit: number): Promise<readonly FoundTrace[]>;
  /** The list's view of these traces, as far as they are there. */
  summaries(traceIds: readonly string[]): Promise<readonly FoundTrace[]>;
  logs(traceId: string, limit: number): Promise<readonly LogRecord[]>;
  countLogs(traceId: string): Promise<number>;
  /** Counts, errors and quantiles of each operation. */
  statistics(selection: Selection): Promise<StatisticsAnswer['operations']>;
  /** Where a duration in nanoseconds lies among those of all spans of an operation. */
  rank(operation: OperationKey, duration: number): Promise<Rank>;
  heatMap(selection: Selection, columns: number): Promise<HeatMap>;
  /** Spans that match, the latest first. */
  spans(selection: Selection, limit: number): Promise<readonly Span[]>;
  runs(): Promise<readonly Run[]>;
  /** Begins a new run, which what comes from now on belongs to. */
  startRun(): Promise<Run>;
  /** What the latest traces of a selection have in common, and how many there were. */
  profile(selection: Selection, limit: number): Promise<TraceProfile>;
  status(): Promise<StoreStatus>;
};

/** What one request brought. */
export type Batch = {
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
  /** Its size on the wire, unpacked. */
  readonly bytes: number;
};

/** Which spans are meant. */
export type Selection = {
  readonly filter: TraceFilter;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly run?: number;
};

export type Sort = 'latest' | 'slowest' | 'errors';

export type OperationKey = { readonly service: string; readonly name: string; readonly kind: SpanKind };

/** How many traces, the latest, are looked at to say who calls whom. */
export const MAX_DEPENDENCY_TRACES = 2000;

/** A store that cannot take more for now, such as one whose disk is full: nothing of the batch was kept. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
}
