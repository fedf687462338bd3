import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodeJaegerJson, encodeJaegerV3Json, type Span } from '@throughline/analysis';
import { spansSource, type TraceQuery, type TraceSource } from '../src/index.ts';
import { answerJson, startServer } from './test-server.ts';

/** Which APIs a release of Jaeger has: `1.20` only v1; `2.10` both, without summaries; `2.20` v3 with summaries, and of v1 traces and dependencies. */
export type Release = '1.20' | '2.10' | '2.20';

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/**
 * A server that takes and answers what Jaeger's query service does, as its `http_gateway.go`, `query_parser.go` and
 * `http_handler.go` say, and anything else with a page, as Jaeger does.
 */
export async function startJaeger(spans: readonly Span[], release: Release, { needsService = false } = {}) {
  const source = spansSource(spans);
  return startServer(async (request, response, url) => {
    try {
      if (await answered(request, response, url)) return;
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>');
    } catch (error) {
      const message = (error as Error).message;
      const isV3 = url.pathname.startsWith('/api/v3');
      const body = isV3 ? { error: { httpCode: 400, message } } : { data: null, errors: [{ code: 400, msg: message }] };
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end(JSON.stringify(body));
    }
  });

  async function answered(_: IncomingMessage, response: ServerResponse, { pathname, searchParams }: URL) {
    if (release !== '1.20' && pathname.startsWith('/api/v3/')) return v3(response, pathname, searchParams);
    return pathname.startsWith('/api/') && v1(response, pathname, searchParams);
  }

  async function v3(response: ServerResponse, path: string, params: URLSearchParams): Promise<boolean> {
    const noTraces = { error: { httpCode: 404, message: 'No traces found' } };
    const [, traceId] = /^\/api\/v3\/traces\/(\w+)$/.exec(path) ?? [];
    if (traceId !== undefined) {
      const found = await source.getTrace(traceId);
      if (found === undefined) response.writeHead(404).end(JSON.stringify(noTraces));
      else answerJson(response, encodeJaegerV3Json(found));
    } else if (path === '/api/v3/services') {
      answerJson(response, { services: await source.services() });
    } else if (path === '/api/v3/operations') {
      const operations = await source.operations(params.get('service') ?? '');
      answerJson(response, { operations: operations.map(({ name, kind }) => ({ name, spanKind: kind })) });
    } else if (path === '/api/v3/trace-summaries' && release === '2.20') {
      const found = await source.findTraces(v3Query(params));
      answerJson(response, {
        summaries: found.map((summary) => ({
          traceId: summary.traceId,
          rootServiceName: summary.rootService,
          rootOperationName: summary.rootName,
          minStartTimeUnixNano: `${summary.startUnixNano}`,
          maxEndTimeUnixNano: `${summary.startUnixNano + BigInt(summary.duration)}`,
          spanCount: summary.spanCount,
          ...(summary.errorCount === 0 ? {} : { errorSpanCount: summary.errorCount }),
          services: summary.services,
        })),
      });
    } else if (path === '/api/v3/traces') {
      const all = await spansFound(source, v3Query(params));
      if (all.length === 0) response.writeHead(404).end(JSON.stringify(noTraces));
      else answerJson(response, encodeJaegerV3Json(all));
    } else return false;
    return true;
  }

  async function v1(response: ServerResponse, path: string, params: URLSearchParams): Promise<boolean> {
    const [, traceId] = /^\/api\/traces\/(\w+)$/.exec(path) ?? [];
    if (traceId !== undefined) {
      const found = await source.getTrace(traceId);
      if (found !== undefined) answerJson(response, encodeJaegerJson(found));
      else answerJson(response, { data: null, errors: [{ code: 404, msg: 'trace not found' }] }, 404);
    } else if (path === '/api/dependencies') {
      if (!/^\d+$/.test(params.get('endTs') ?? '')) throw new Error("unable to parse param 'endTs'");
      answerJson(response, { data: [{ parent: 'web', child: 'payment', callCount: 3 }], errors: null });
    } else if (release === '2.20') {
      return false;
    } else if (path === '/api/services') {
      answerJson(response, { data: await source.services(), total: 2 });
    } else if (path === '/api/operations') {
      const operations = await source.operations(params.get('service') ?? '');
      answerJson(response, { data: operations.map(({ name, kind }) => ({ name, spanKind: kind })) });
    } else if (path === '/api/traces') {
      answerJson(response, encodeJaegerJson(await spansFound(source, v1Query(params))));
    } else return false;
    return true;
  }

  function v3Query(params: URLSearchParams): TraceQuery {
    // Camel case came with summaries.
    const read = (camel: string) =>
      (release === '2.20' ? params.get(`query.${camel}`) : undefined) ??
      params.get(`query.${camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`) ??
      undefined;
    const [from, to] = [read('startTimeMin'), read('startTimeMax')];
    if (from === undefined || to === undefined)
      throw new Error('query.startTimeMin and query.startTimeMax are required');
    if (!RFC3339.test(from) || !RFC3339.test(to)) throw new Error('malformed parameter query.startTimeMin');
    if (needsService && read('serviceName') === undefined) throw new Error('service name is required');
    const window = { fromMs: Date.parse(from), toMs: Date.parse(to) };
    return query(read, window, read('searchDepth') ?? params.get('query.num_traces'), 'attributes', 'serviceName');
  }

  function v1Query(params: URLSearchParams): TraceQuery {
    const names: Record<string, string> = {
      operationName: 'operation',
      durationMin: 'minDuration',
      durationMax: 'maxDuration',
    };
    const read = (name: string) => params.get(names[name] ?? name) ?? undefined;
    if (!params.get('service')) throw new Error("parameter 'service' is required");
    const window = { fromMs: Number(params.get('start')) / 1000, toMs: Number(params.get('end')) / 1000 };
    return query(read, window, params.get('limit'), 'tags', 'service');
  }
}

function query(
  read: (name: string) => string | undefined,
  window: { fromMs: number; toMs: number },
  limit: string | null,
  tags: string,
  serviceName: string,
): TraceQuery {
  const [service, operation] = [read(serviceName), read('operationName')];
  const { error, 'span.kind': kind, ...attributes } = JSON.parse(read(tags) ?? '{}');
  const [min, max] = [milliseconds(read('durationMin')), milliseconds(read('durationMax'))];
  return {
    ...window,
    ...(service === undefined ? {} : { service }),
    ...(operation === undefined ? {} : { operation }),
    ...(error === undefined ? {} : { error: error === 'true' }),
    ...(kind === undefined ? {} : { kind }),
    ...(min === undefined ? {} : { minDurationMs: min }),
    ...(max === undefined ? {} : { maxDurationMs: max }),
    attributes,
    limit: Number(limit ?? 20),
  };
}

function milliseconds(duration: string | undefined): number | undefined {
  if (duration === undefined) return undefined;
  const [, number, unit] = /^(\d+)(ns|us|ms|s)$/.exec(duration) ?? [];
  if (number === undefined) throw new Error(`time: invalid duration "${duration}"`);
  return Number(number) * ({ ns: 1e-6, us: 1e-3, ms: 1, s: 1000 }[unit as 'ns'] ?? 1);
}

async function spansFound(source: TraceSource, query: TraceQuery): Promise<Span[]> {
  const spans: Span[] = [];
  for (const { traceId } of await source.findTraces(query)) spans.push(...((await source.getTrace(traceId)) ?? []));
  return spans;
}
