import { decodeJaegerJson, groupByTrace, type Span } from '@throughline/analysis';
import { closedWindow } from '../closed-window.ts';
import type { HttpClient, HttpRequest } from '../http-client.ts';
import { fieldsOf, itemsOf, namesOf, textOf } from '../json-answer.ts';
import { matchesTrace } from '../query-match.ts';
import { graphOfLinks } from '../service-links.ts';
import { spanKindOf } from '../span-kind.ts';
import { summaryOf } from '../summary-of.ts';
import type { Operation, ReadOptions, ServiceGraph, TimeWindow, TraceQuery, TraceSummary } from '../trace-source.ts';
import type { JaegerApi } from './jaeger-source.ts';
import { tagsOf } from './jaeger-tags.ts';

/** The API of Jaeger's page before release 2.1x, which many other backends speak as well. It wants a service to search by. */
export class JaegerV1 implements JaegerApi {
  readonly #client: HttpClient;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  async services({ signal }: ReadOptions): Promise<readonly string[]> {
    return namesOf(await this.#data('/api/services', { signal }));
  }

  async operations(service: string, { signal }: ReadOptions): Promise<readonly Operation[]> {
    const params = [['service', service]] as const;
    return itemsOf(await this.#data('/api/operations', { params, signal }))
      .map(fieldsOf)
      .map((operation) => ({ name: textOf(operation.name), kind: spanKindOf(operation.spanKind) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async findTraces(
    query: TraceQuery,
    limit: number,
    { signal }: ReadOptions,
  ): Promise<readonly TraceSummary[] | undefined> {
    if (query.service === undefined) return undefined;
    const spans = await this.#spans('/api/traces', { params: searchParams(query, limit), signal });
    const traces = [...groupByTrace(spans).values()];
    return traces.filter((trace) => matchesTrace(trace, query)).map(summaryOf);
  }

  async getTrace(traceId: string, { signal }: ReadOptions): Promise<readonly Span[]> {
    return this.#spans(`/api/traces/${traceId}`, { signal, allow: [404] });
  }

  async dependencies(window: TimeWindow, { signal }: ReadOptions): Promise<ServiceGraph> {
    const { fromMs, toMs } = closedWindow(window);
    const params = [
      ['endTs', `${toMs}`],
      ['lookback', `${toMs - fromMs}`],
    ] as const;
    return graphOfLinks(await this.#data('/api/dependencies', { params, signal }), { countErrors: false });
  }

  async #data(path: string, request: HttpRequest): Promise<unknown> {
    return fieldsOf(await this.#client.json(path, request)).data;
  }

  async #spans(path: string, request: HttpRequest): Promise<Span[]> {
    const answer = await this.#client.json(path, request);
    if (answer === undefined) return [];
    try {
      return decodeJaegerJson(answer);
    } catch (error) {
      throw this.#client.error(path, `the answer cannot be read as Jaeger's: ${error}`, error);
    }
  }
}

function searchParams(query: TraceQuery, limit: number): [string, string][] {
  const { service = '', operation, minDurationMs, maxDurationMs } = query;
  const { fromMs, toMs } = closedWindow(query);
  const params: [string, string][] = [
    ['service', service],
    ['start', `${fromMs * 1000}`],
    ['end', `${toMs * 1000}`],
    ['limit', `${limit}`],
  ];
  if (operation !== undefined) params.push(['operation', operation]);
  if (minDurationMs !== undefined) params.push(['minDuration', `${Math.floor(minDurationMs * 1000)}us`]);
  if (maxDurationMs !== undefined) params.push(['maxDuration', `${Math.ceil(maxDurationMs * 1000)}us`]);
  const tags = tagsOf(query);
  if (tags !== undefined) params.push(['tags', tags]);
  return params;
}
