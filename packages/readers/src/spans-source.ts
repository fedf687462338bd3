import { buildTrace, DependencyGraph, groupByTrace, type Span } from '@throughline/analysis';
import { matchesTrace, startsWithin } from './query-match.ts';
import { latestFirst, summaryOf } from './summary-of.ts';
import { traceIdOf } from './trace-id.ts';
import {
  DEFAULT_LIMIT,
  type Operation,
  type ReadOptions,
  type ServiceGraph,
  type TimeWindow,
  type TraceQuery,
  type TraceSource,
  type TraceSummary,
} from './trace-source.ts';

/** A source of spans that are at hand, as of a file or of a test. The spans must not change. */
export function spansSource(spans: Iterable<Span>, name = 'spans in memory'): TraceSource {
  return new SpansSource(spans, name);
}

class SpansSource implements TraceSource {
  readonly name: string;
  readonly #traces: Map<string, Span[]>;
  readonly #summaries = new Map<string, TraceSummary>();

  constructor(spans: Iterable<Span>, name: string) {
    this.name = name;
    this.#traces = groupByTrace(spans);
  }

  async findTraces(query: TraceQuery, { signal }: ReadOptions = {}): Promise<readonly TraceSummary[]> {
    signal?.throwIfAborted();
    const found: TraceSummary[] = [];
    for (const [traceId, spans] of this.#traces) {
      if (matchesTrace(spans, query)) found.push(this.#summary(traceId, spans));
    }
    return latestFirst(found, query.limit ?? DEFAULT_LIMIT);
  }

  async getTrace(traceId: string): Promise<readonly Span[] | undefined> {
    return this.#traces.get(traceIdOf(traceId, this.name));
  }

  async services(): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const span of this.#spans()) names.add(span.resource.service);
    return [...names].sort();
  }

  async operations(service: string): Promise<readonly Operation[]> {
    const found = new Map<string, Operation>();
    for (const { resource, name, kind } of this.#spans())
      if (resource.service === service) found.set(`${name}\n${kind}`, { name, kind });
    return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, operation]) => operation);
  }

  async dependencies(window: TimeWindow): Promise<ServiceGraph> {
    const graph = new DependencyGraph();
    for (const spans of this.#traces.values())
      if (spans.some((span) => startsWithin(span, window))) graph.add(buildTrace(spans));
    return graph.result();
  }

  async close(): Promise<void> {
    this.#traces.clear();
    this.#summaries.clear();
  }

  *#spans(): Iterable<Span> {
    for (const spans of this.#traces.values()) yield* spans;
  }

  #summary(traceId: string, spans: readonly Span[]): TraceSummary {
    let summary = this.#summaries.get(traceId);
    if (summary === undefined) {
      summary = summaryOf(spans);
      this.#summaries.set(traceId, summary);
    }
    return summary;
  }
}
