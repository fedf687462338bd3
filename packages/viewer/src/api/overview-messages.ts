import type { SelectionParameters } from './search-messages.ts';

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
