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
