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
