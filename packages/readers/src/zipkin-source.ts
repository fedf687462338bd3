import { decodeZipkinJson, groupByTrace, type Span } from '@throughline/analysis';
import { closedWindow } from './closed-window.ts';
import { HttpClient, type HttpOptions, type HttpRequest } from './http-client.ts';
import { namesOf } from './json-answer.ts';
import { matchesTrace } from './query-match.ts';
import { graphOfLinks } from './service-links.ts';
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

/** Of so many traces Zipkin finds, the ones that match are chosen here; it answers with all their spans. */
const MOST_TRACES = 1000;

/**
 * Traces in Zipkin, by its API v2. What Zipkin cannot search by (the kind of a span, several conditions on the same span,
 * tags with spaces around an "and") is looked at here, in the traces that it finds. It has names in lower case.
 *
 * @see https://zipkin.io/zipkin-api/
 */
export function zipkinSource(address: URL, options?: HttpOptions): TraceSource {
  return new ZipkinSource(new HttpClient('Zipkin', address, options));
}

class ZipkinSource implements TraceSource {
  readonly name: string;
  readonly #client: HttpClient;

  constructor(client: HttpClient) {
    this.#client = client;
    this.name = client.name;
  }

  async findTraces(query: TraceQuery, { signal }: ReadOptions = {}): Promise<readonly TraceSummary[]> {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const own = inLowerCase(query);
    for (let asked = limit; ; asked = Math.min(asked * 4, MOST_TRACES)) {
      const params = [...searchParams(own), ['limit', `${asked}`] as const];
      const traces = groupByTrace(await this.#spans('/api/v2/traces', { params, signal }));
      const found = [...traces.values()].filter((spans) => matchesTrace(spans, own));
      // Fewer than were asked for are all that there are.
      if (found.length >= limit || traces.size < asked || asked >= MOST_TRACES)
        return latestFirst(found.map(summaryOf), limit);
    }
  }

  async getTrace(traceId: string, { signal }: ReadOptions = {}): Promise<readonly Span[] | undefined> {
    const path = `/api/v2/trace/${traceIdOf(traceId, this.name)}`;
    const spans = await this.#spans(path, { signal, allow: [404] });
    return spans.length === 0 ? undefined : spans;
  }

  async services({ signal }: ReadOptions = {}): Promise<readonly string[]> {
    return namesOf(await this.#client.json('/api/v2/services', { signal }));
  }

  async operations(service: string, { signal }: ReadOptions = {}): Promise<readonly Operation[]> {
    const params = [['serviceName', service.toLowerCase()]] as const;
    return namesOf(await this.#client.json('/api/v2/spans', { params, signal })).map((name) => ({ name }));
  }

  async dependencies(window: TimeWindow, { signal }: ReadOptions = {}): Promise<ServiceGraph> {
    const params = windowParams(window);
    return graphOfLinks(await this.#client.json('/api/v2/dependencies', { params, signal }), { countErrors: true });
  }

  async close(): Promise<void> {}

  async #spans(path: string, request: HttpRequest): Promise<Span[]> {
    const answer = await this.#client.json(path, request);
    if (answer === undefined) return [];
    try {
      return decodeZipkinJson(answer);
    } catch (error) {
      throw this.#client.error(path, `the answer cannot be read as Zipkin's: ${error}`, error);
    }
  }
}

function inLowerCase(query: TraceQuery): TraceQuery {
  const { service, operation } = query;
  return {
    ...query,
    ...(service === undefined ? {} : { service: service.toLowerCase() }),
    ...(operation === undefined ? {} : { operation: operation.toLowerCase() }),
  };
}

function searchParams(query: TraceQuery): [string, string][] {
  const { service, operation, error, minDurationMs, maxDurationMs, attributes } = query;
  const params = windowParams(query);
  if (service !== undefined) params.push(['serviceName', service]);
  if (operation !== undefined) params.push(['spanName', operation]);
  const wanted = Object.entries(attributes ?? {}).filter(isTag);
  const tags = [...(error === true ? ['error'] : []), ...wanted.map(([key, value]) => `${key}=${value}`)];
  if (tags.length > 0) params.push(['annotationQuery', tags.join(' and ')]);
  // Zipkin takes the longest only beside a shortest.
  const shortest = minDurationMs ?? (maxDurationMs === undefined ? undefined : 0);
  if (shortest !== undefined) params.push(['minDuration', `${Math.max(1, Math.floor(shortest * 1000))}`]);
  if (maxDurationMs !== undefined) params.push(['maxDuration', `${Math.max(1, Math.ceil(maxDurationMs * 1000))}`]);
  return params;
}

// Endpoints and the status are no tags in Zipkin; an "and" would begin another condition.
function isTag([key, value]: [string, string]): boolean {
  return (
    !/^(?:service\.name|peer\.service|network\.|error$)/.test(key) &&
    !/\sand\s|^\s|\s$/.test(`${key}=${value}`) &&
    value !== ''
  );
}

function windowParams(window: TimeWindow): [string, string][] {
  const { fromMs, toMs } = closedWindow(window);
  return [
    ['endTs', `${toMs}`],
    ['lookback', `${Math.max(1, toMs - fromMs)}`],
  ];
}
