import { groupByTrace, readSpans, type Span } from '@throughline/analysis';
import { closedWindow } from '../closed-window.ts';
import type { HttpClient, HttpRequest } from '../http-client.ts';
import { fieldsOf, itemsOf, namesOf, nanosecondsOf, textOf } from '../json-answer.ts';
import { matchesTrace } from '../query-match.ts';
import { spanKindOf } from '../span-kind.ts';
import { summaryOf } from '../summary-of.ts';
import type { Operation, ReadOptions, TraceQuery, TraceSummary } from '../trace-source.ts';
import type { JaegerApi } from './jaeger-source.ts';
import { tagsOf } from './jaeger-tags.ts';

/** Jaeger's API v3: spans as OTLP, and since 2.19 summaries of traces without their spans. */
export class JaegerV3 implements JaegerApi {
  readonly #client: HttpClient;
  #hasSummaries = true;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  /** Whether there is a v3. Where there is none, Jaeger answers with its page. */
  async isThere({ signal }: ReadOptions): Promise<boolean> {
    return (await this.#json('/api/v3/services', { signal })) !== undefined;
  }

  async services({ signal }: ReadOptions): Promise<readonly string[]> {
    const { services } = fieldsOf(await this.#json('/api/v3/services', { signal }));
    return namesOf(services);
  }

  async operations(service: string, { signal }: ReadOptions): Promise<readonly Operation[]> {
    const params = [['service', service]] as const;
    const { operations } = fieldsOf(await this.#json('/api/v3/operations', { params, signal }));
    return itemsOf(operations)
      .map(fieldsOf)
      .map((operation) => ({ name: textOf(operation.name), kind: spanKindOf(operation.spanKind) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async findTraces(query: TraceQuery, limit: number, options: ReadOptions) {
    const params = searchParams(query, limit);
    // Summaries do not tell whether a span without an error was the one.
    if (this.#hasSummaries && query.error !== false) {
      const answer = await this.#find('/api/v3/trace-summaries', params, query, options);
      if (answer === 'refused') return undefined;
      if (answer !== undefined) return itemsOf(fieldsOf(answer.json).summaries).map(summaryFrom);
      this.#hasSummaries = false;
    }
    const answer = await this.#find('/api/v3/traces', params, query, options);
    if (answer === 'refused') return undefined;
    const traces = answer === undefined ? [] : [...groupByTrace(this.#spansOf('/api/v3/traces', answer.body)).values()];
    return traces.filter((spans) => matchesTrace(spans, query)).map(summaryOf);
  }

  async getTrace(traceId: string, { signal }: ReadOptions): Promise<readonly Span[]> {
    const path = `/api/v3/traces/${traceId}`;
    const { status, body } = await this.#client.request(path, { signal, allow: [404] });
    return status === 404 ? [] : this.#spansOf(path, body);
  }

  /** The answer; `undefined` if there is none of this kind; `refused` where all services cannot be searched at once. */
  async #find(path: string, params: readonly [string, string][], query: TraceQuery, { signal }: ReadOptions) {
    const allow = query.service === undefined ? [400, 404] : [404];
    const answer = await this.#client.request(path, { params, signal, allow });
    const json = isJson(answer) ? this.#client.parse(path, answer) : undefined;
    if (answer.status === 400) {
      const { error } = fieldsOf(json);
      if (/service/i.test(textOf(fieldsOf(error).message))) return 'refused';
      throw this.#client.error(path, `answers 400: ${textOf(fieldsOf(error).message)}. It does not take this query.`);
    }
    return answer.status === 404 || json === undefined ? undefined : { json, body: answer.body };
  }

  async #json(path: string, request: HttpRequest): Promise<unknown> {
    const answer = await this.#client.request(path, { accept: 'application/json', ...request, allow: [404] });
    return answer.status === 404 || !isJson(answer) ? undefined : this.#client.parse(path, answer);
  }

  // Older releases answer with one JSON after another, which is read as lines.
  #spansOf(path: string, body: Uint8Array): Span[] {
    try {
      return readSpans(body);
    } catch (error) {
      throw this.#client.error(path, `the answer cannot be read as Jaeger's: ${error}`, error);
    }
  }
}

function isJson({ type, body }: { type: string; body: Uint8Array }): boolean {
  return type.includes('json') || /^\s*[{[]/.test(Buffer.from(body.subarray(0, 20)).toString());
}

// Since 2.19 parameters are in camel case, before in snake case; each release leaves alone what it does not know.
function searchParams(query: TraceQuery, limit: number): [string, string][] {
  const { service, operation, minDurationMs, maxDurationMs } = query;
  const { fromMs, toMs } = closedWindow(query);
  const params: [string, string][] = [];
  const add = (camel: string, value: string | undefined) => {
    if (value === undefined) return;
    const snake = camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    params.push([`query.${camel}`, value]);
    if (snake !== camel) params.push([`query.${snake}`, value]);
  };
  add('serviceName', service);
  add('operationName', operation);
  add('startTimeMin', new Date(fromMs).toISOString());
  add('startTimeMax', new Date(Math.max(toMs, fromMs + 1)).toISOString());
  add('durationMin', minDurationMs === undefined ? undefined : `${Math.round(minDurationMs * 1e6)}ns`);
  add('durationMax', maxDurationMs === undefined ? undefined : `${Math.round(maxDurationMs * 1e6)}ns`);
  add('searchDepth', `${limit}`);
  params.push(['query.num_traces', `${limit}`]);
  const tags = tagsOf(query);
  if (tags !== undefined) params.push(['query.attributes', tags]);
  return params;
}

function summaryFrom(value: unknown): TraceSummary {
  const summary = fieldsOf(value);
  const start = nanosecondsOf(summary.minStartTimeUnixNano);
  return {
    traceId: textOf(summary.traceId),
    rootService: textOf(summary.rootServiceName),
    rootName: textOf(summary.rootOperationName),
    startUnixNano: start,
    duration: Number(nanosecondsOf(summary.maxEndTimeUnixNano) - start),
    spanCount: Number(summary.spanCount ?? 0),
    errorCount: Number(summary.errorSpanCount ?? 0),
    services: itemsOf(summary.services)
      .map(fieldsOf)
      .map(({ name, spanCount }) => ({ name: textOf(name), spanCount: Number(spanCount ?? 0) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
