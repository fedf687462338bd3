import { encodeJaegerJson, encodeJaegerV3Json, type Span } from '@throughline/analysis';
import type { SpanFilter } from '../query/filter.ts';
import type { Selection, TraceStore } from '../store/trace-store.ts';
import { type Answer, json, type Question, RequestError } from './answer.ts';
import { allOf, compared, goDuration, kindNamed, tagFilter } from './foreign-parameters.ts';
import type { FoundTrace } from './messages.ts';
import { numberOf, traceIdOf } from './parameters.ts';

const MAX_TRACES = 1000;

/**
 * Answers as Jaeger's query service does: v3, which its page uses today, and v1, which other tools do.
 *
 * @see https://www.jaegertracing.io/docs/latest/architecture/apis/
 */
export function createJaegerApi(store: TraceStore) {
  return async ({ path, parameters }: Question): Promise<Answer> => {
    const parts = path.split('/').slice(2);
    const value = parts[0] === 'v3' ? await v3(parts.slice(1), parameters) : await v1(parts, parameters);
    if (value !== undefined) return json(value);
    throw new RequestError('There is nothing at this address.', 404);
  };

  async function v3([first, id]: readonly string[], parameters: URLSearchParams): Promise<unknown> {
    if (first === 'traces' && id !== undefined) return encodeJaegerV3Json(await spansOf(id));
    if (id !== undefined) return undefined;
    switch (first) {
      case 'services':
        return { services: await store.services() };
      case 'operations':
        return { operations: await operations(parameters) };
      case 'trace-summaries':
        return { summaries: (await search(v3Search(parameters))).map(summary) };
      case 'traces':
        return encodeJaegerV3Json(await spansOfAll(await search(v3Search(parameters))));
      default:
        return undefined;
    }
  }

  async function v1([first, second, third]: readonly string[], parameters: URLSearchParams): Promise<unknown> {
    if (first === 'services' && second === undefined) return list(await store.services());
    if (first === 'services' && third === 'operations')
      return list((await store.operations(second ?? '')).map(({ name }) => name));
    if (first === 'operations') return list(await operations(parameters));
    if (first === 'traces' && second !== undefined) return encodeJaegerJson(await spansOf(second));
    if (first === 'traces') {
      const ids = parameters.getAll('traceID').map(traceIdOf);
      const found = ids.length > 0 ? await store.summaries(ids) : await search(v1Search(parameters));
      return encodeJaegerJson(await spansOfAll(found));
    }
    if (first === 'dependencies') return list(await dependencies(parameters));
    return undefined;
  }

  async function operations(parameters: URLSearchParams) {
    const kind = kindNamed(parameters.get('spanKind') ?? parameters.get('span_kind'));
    const found = await store.operations(parameters.get('service') ?? '');
    return found
      .filter((operation) => kind === undefined || operation.kind === kind)
      .map((operation) => ({ name: operation.name, spanKind: operation.kind ?? '' }));
  }

  function search({ selection, limit }: Search): Promise<readonly FoundTrace[]> {
    return store.search(selection, 'latest', limit);
  }

  async function spansOf(id: string): Promise<readonly Span[]> {
    const spans = await store.getTrace(traceIdOf(id));
    if (spans === undefined) throw new RequestError('trace not found', 404);
    return spans;
  }

  async function spansOfAll(found: readonly FoundTrace[]): Promise<Span[]> {
    const spans: Span[] = [];
    for (const { traceId } of found) for (const span of (await store.getTrace(traceId)) ?? []) spans.push(span);
    return spans;
  }

  async function dependencies(parameters: URLSearchParams) {
    const { edges } = await store.dependencies(lookbackWindow(parameters));
    return edges.map(({ from, to, calls }) => ({ parent: from.name, child: to.name, callCount: Math.round(calls) }));
  }
}

/** The time that `endTs` and `lookback` mean, both in milliseconds, as in Jaeger v1 and Zipkin. */
export function lookbackWindow(parameters: URLSearchParams): { toMs?: number; fromMs?: number } {
  const toMs = numberOf(parameters, 'endTs');
  const lookback = numberOf(parameters, 'lookback');
  if (lookback === undefined) return toMs === undefined ? {} : { toMs };
  const end = toMs ?? Date.now();
  return { fromMs: end - lookback, toMs: end };
}

/** An answer that failed, as Jaeger writes it; v1 and v3 differ. */
export function jaegerFailure(path: string, status: number, message: string): Answer {
  return path.startsWith('/api/v3/')
    ? json({ error: { httpCode: status, message } }, status)
    : json({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg: message }] }, status);
}

type Search = { readonly selection: Selection; readonly limit: number };

function list(data: readonly unknown[]) {
  return { data, total: data.length, limit: 0, offset: 0, errors: null };
}

function summary({ traceId, rootService, rootName, startUnixNano, duration, ...found }: FoundTrace) {
  return {
    traceId,
    rootServiceName: rootService,
    rootOperationName: rootName,
    minStartTimeUnixNano: startUnixNano,
    maxEndTimeUnixNano: `${BigInt(startUnixNano) + BigInt(duration)}`,
    spanCount: found.spanCount,
    errorSpanCount: found.errorCount,
    services: found.services.map(({ name, spanCount, errorCount }) => ({
      name,
      spanCount,
      ...(errorCount > 0 && { errorSpanCount: errorCount }),
    })),
  };
}

// Since 2.19 parameters are in camel case, before in snake case.
function v3Search(parameters: URLSearchParams): Search {
  const get = (camel: string) =>
    parameters.get(`query.${camel}`) ??
    parameters.get(`query.${camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`);
  const filter = allOf([
    compared('service', '=', get('serviceName')),
    compared('name', '=', get('operationName')),
    compared('duration', '>=', goDuration(get('durationMin'))),
    compared('duration', '<=', goDuration(get('durationMax'))),
    ...tagFilters(get('attributes')),
  ]);
  const [fromMs, toMs] = [dateOf(get('startTimeMin')), dateOf(get('startTimeMax'))];
  const depth = Number(get('searchDepth') ?? parameters.get('query.num_traces') ?? 20);
  return searchOf(filter, fromMs, toMs, depth);
}

function v1Search(parameters: URLSearchParams): Search {
  const filter = allOf([
    compared('service', '=', parameters.get('service')),
    compared('name', '=', parameters.get('operation')),
    compared('duration', '>=', goDuration(parameters.get('minDuration'))),
    compared('duration', '<=', goDuration(parameters.get('maxDuration'))),
    ...tagFilters(parameters.get('tags')),
    ...parameters.getAll('tag').map((tag) => {
      const [key = '', ...value] = tag.split(':');
      return tagFilter(key, value.join(':'));
    }),
  ]);
  const [start, end] = [numberOf(parameters, 'start'), numberOf(parameters, 'end')];
  const micros = (time: number | undefined) => (time === undefined ? undefined : time / 1000);
  return searchOf(filter, micros(start), micros(end), Number(parameters.get('limit') || 20));
}

function searchOf(filter: SpanFilter, fromMs: number | undefined, toMs: number | undefined, depth: number): Search {
  const limit = Number.isFinite(depth) ? Math.max(1, Math.min(MAX_TRACES, Math.trunc(depth))) : 20;
  return {
    selection: {
      filter: { is: 'span', filter },
      ...(fromMs !== undefined && { fromMs }),
      ...(toMs !== undefined && { toMs }),
    },
    limit,
  };
}

function tagFilters(text: string | null): SpanFilter[] {
  if (text === null || text === '') return [];
  let tags: unknown;
  try {
    tags = JSON.parse(text);
  } catch {
    throw new RequestError('Expected tags as a JSON object of texts.');
  }
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags))
    throw new RequestError('Expected tags as a JSON object of texts.');
  return Object.entries(tags).map(([key, value]) => tagFilter(key, String(value)));
}

function dateOf(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new RequestError('Expected a time such as `2026-11-21T12:00:00Z`.');
  return time;
}
