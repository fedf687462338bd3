import type { Span } from '@throughline/analysis';
import { HttpClient, type HttpOptions } from '../http-client.ts';
import { latestFirst } from '../summary-of.ts';
import { traceIdOf } from '../trace-id.ts';
import {
  DEFAULT_LIMIT,
  type Operation,
  type ReadOptions,
  type ServiceGraph,
  type TimeWindow,
  type TraceQuery,
  type TraceSource,
  type TraceSummary,
} from '../trace-source.ts';
import { JaegerV1 } from './jaeger-v1.ts';
import { JaegerV3 } from './jaeger-v3.ts';

/** One of Jaeger's query APIs. */
export type JaegerApi = {
  /** `undefined` if Jaeger refuses to search all services at once. */
  findTraces(query: TraceQuery, limit: number, options: ReadOptions): Promise<readonly TraceSummary[] | undefined>;
  getTrace(traceId: string, options: ReadOptions): Promise<readonly Span[]>;
  services(options: ReadOptions): Promise<readonly string[]>;
  operations(service: string, options: ReadOptions): Promise<readonly Operation[]>;
};

/** Where a storage wants the name of a service, so many services are asked one after the other. */
const MOST_SERVICES = 100;

/**
 * Traces in Jaeger, or in what speaks its API: v3 where it is there (Jaeger 1.5x and later; later ones search by v3 only),
 * else v1, which Jaeger's own page used.
 *
 * @see https://www.jaegertracing.io/docs/latest/architecture/apis/
 */
export function jaegerSource(address: URL, options?: HttpOptions): TraceSource {
  return new JaegerSource(new HttpClient('Jaeger', address, options));
}

class JaegerSource implements TraceSource {
  readonly name: string;
  readonly #v3: JaegerV3;
  readonly #v1: JaegerV1;
  #hasV3: boolean | undefined;

  constructor(client: HttpClient) {
    this.name = client.name;
    this.#v3 = new JaegerV3(client);
    this.#v1 = new JaegerV1(client);
  }

  async findTraces(query: TraceQuery, options: ReadOptions = {}): Promise<readonly TraceSummary[]> {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const api = await this.#api(options);
    const found = await api.findTraces(query, limit, options);
    if (found !== undefined) return latestFirst(found, limit);
    const byId = new Map<string, TraceSummary>();
    for (const service of (await api.services(options)).slice(0, MOST_SERVICES)) {
      const own = (await api.findTraces({ ...query, service }, limit, options)) ?? [];
      for (const summary of own) byId.set(summary.traceId, summary);
    }
    return latestFirst([...byId.values()], limit);
  }

  async getTrace(traceId: string, options: ReadOptions = {}): Promise<readonly Span[] | undefined> {
    const id = traceIdOf(traceId, this.name);
    const spans = await (await this.#api(options)).getTrace(id, options);
    // Before its release 2, Jaeger's v3 wrote ids in base64.
    if (spans.some((span) => span.traceId !== id)) return this.#v1.getTrace(id, options);
    return spans.length === 0 ? undefined : spans;
  }

  async services(options: ReadOptions = {}): Promise<readonly string[]> {
    return (await this.#api(options)).services(options);
  }

  async operations(service: string, options: ReadOptions = {}): Promise<readonly Operation[]> {
    return (await this.#api(options)).operations(service, options);
  }

  /** Jaeger's own links, which v3 does not have: some storages need a job of Jaeger's that makes them. */
  async dependencies(window: TimeWindow, options: ReadOptions = {}): Promise<ServiceGraph> {
    return this.#v1.dependencies(window, options);
  }

  async close(): Promise<void> {}

  async #api(options: ReadOptions): Promise<JaegerApi> {
    this.#hasV3 ??= await this.#v3.isThere(options);
    return this.#hasV3 ? this.#v3 : this.#v1;
  }
}
