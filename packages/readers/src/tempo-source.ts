import { buildTrace, DependencyGraph, readSpans, type Span } from '@throughline/analysis';
import { closedWindow } from './closed-window.ts';
import { HttpClient, type HttpOptions } from './http-client.ts';
import { fieldsOf, itemsOf, namesOf, nanosecondsOf, textOf } from './json-answer.ts';
import { latestFirst } from './summary-of.ts';
import { traceIdOf } from './trace-id.ts';
import { quotedText, traceQlOf } from './trace-ql.ts';
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

/** From so many of the latest traces the graph of services is made: Tempo's own goes to a Prometheus. */
const GRAPH_TRACES = 100;

/**
 * Traces in Grafana Tempo, searched by TraceQL. Tempo returns the first traces that it finds, which need not be the latest
 * ones, and takes times in whole seconds. A tenant goes into the header `X-Scope-OrgID`.
 *
 * @see https://grafana.com/docs/tempo/latest/api_docs/
 */
export function tempoSource(address: URL, options?: HttpOptions): TraceSource {
  return new TempoSource(new HttpClient('Tempo', address, options));
}

class TempoSource implements TraceSource {
  readonly name: string;
  readonly #client: HttpClient;

  constructor(client: HttpClient) {
    this.#client = client;
    this.name = client.name;
  }

  async findTraces(query: TraceQuery, { signal }: ReadOptions = {}): Promise<readonly TraceSummary[]> {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const params = [['q', traceQlOf(query)], ['limit', `${limit}`], ['spss', '1'], ...windowParams(query)] as const;
    const { traces } = fieldsOf(await this.#client.json('/api/search', { params, signal }));
    return latestFirst(itemsOf(traces).map(summaryFrom), limit);
  }

  async getTrace(traceId: string, { signal }: ReadOptions = {}): Promise<readonly Span[] | undefined> {
    const path = `/api/traces/${traceIdOf(traceId, this.name)}`;
    // Older releases answer in JSON whatever is asked for; what it is shows.
    const answer = await this.#client.request(path, { accept: 'application/protobuf', signal, allow: [404] });
    if (answer.status === 404 || answer.body.length === 0) return undefined;
    try {
      return readSpans(answer.body);
    } catch (error) {
      throw this.#client.error(path, `the answer cannot be read as a trace: ${error}`, error);
    }
  }

  async services({ signal }: ReadOptions = {}): Promise<readonly string[]> {
    return this.#values('resource.service.name', windowParams({}), signal);
  }

  async operations(service: string, { signal }: ReadOptions = {}): Promise<readonly Operation[]> {
    const params = [['q', `{ resource.service.name = ${quotedText(service)} }`] as const, ...windowParams({})];
    return (await this.#values('name', params, signal)).map((name) => ({ name }));
  }

  async dependencies(window: TimeWindow, options: ReadOptions = {}): Promise<ServiceGraph> {
    const graph = new DependencyGraph();
    for (const { traceId } of await this.findTraces({ ...window, limit: GRAPH_TRACES }, options)) {
      const spans = await this.getTrace(traceId, options);
      if (spans !== undefined) graph.add(buildTrace(spans));
    }
    return graph.result();
  }

  async close(): Promise<void> {}

  async #values(tag: string, params: readonly (readonly [string, string])[], signal: AbortSignal | undefined) {
    const path = `/api/v2/search/tag/${tag}/values`;
    const { tagValues } = fieldsOf(await this.#client.json(path, { params, signal }));
    return namesOf(itemsOf(tagValues).map((item) => fieldsOf(item).value));
  }
}

function windowParams(window: TimeWindow): [string, string][] {
  const { fromMs, toMs } = closedWindow(window);
  const start = Math.floor(fromMs / 1000);
  return [
    ['start', `${start}`],
    ['end', `${Math.max(Math.ceil(toMs / 1000), start + 1)}`],
  ];
}

function summaryFrom(value: unknown): TraceSummary {
  const { traceID, rootServiceName, rootTraceName, startTimeUnixNano, durationMs, serviceStats } = fieldsOf(value);
  const services = Object.entries(fieldsOf(serviceStats))
    .map(([name, stats]) => ({ name, ...countsOf(stats) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const rootService = textOf(rootServiceName);
  return {
    // Tempo leaves leading zeros out.
    traceId: textOf(traceID).padStart(32, '0'),
    rootService,
    rootName: textOf(rootTraceName),
    startUnixNano: nanosecondsOf(startTimeUnixNano),
    // Absent where it is less than a millisecond.
    duration: Number(durationMs ?? 0) * 1e6,
    // Statistics of services came with Tempo 2.7.
    ...(services.length === 0
      ? { services: [{ name: rootService }] }
      : {
          spanCount: services.reduce((sum, { spanCount }) => sum + spanCount, 0),
          errorCount: services.reduce((sum, { errorCount }) => sum + errorCount, 0),
          services: services.map(({ name, spanCount }) => ({ name, spanCount })),
        }),
  };
}

function countsOf(stats: unknown): { spanCount: number; errorCount: number } {
  const { spanCount, errorCount } = fieldsOf(stats);
  return { spanCount: Number(spanCount ?? 0), errorCount: Number(errorCount ?? 0) };
}
