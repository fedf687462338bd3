import { encodeOtlpJson, encodeOtlpProtobuf, type Span } from '@throughline/analysis';
import { type SpanFilter, spanFilters, type TraceFilter } from '../query/filter.ts';
import { durationOf, matcherOf } from '../query/matcher.ts';
import { parseQuery } from '../query/parse-query.ts';
import type { Selection, TraceStore } from '../store/trace-store.ts';
import { type Answer, json, type Question, RequestError } from './answer.ts';
import { allOf, compared, goDuration, tagFilter } from './foreign-parameters.ts';
import type { FoundTrace } from './messages.ts';
import { numberOf, traceIdOf } from './parameters.ts';

const PROTOBUF = 'application/protobuf';
/** Spans that names and values of attributes are offered from. */
const SAMPLE = 2000;
/** Of larger traces no matching spans are listed. */
const MAX_LISTED = 10_000;
const EVERYTHING: Selection = { filter: { is: 'span', filter: { is: 'all' } } };
const INTRINSICS = [
  'duration',
  'kind',
  'name',
  'rootName',
  'rootServiceName',
  'status',
  'statusMessage',
  'traceDuration',
];

/**
 * Answers as Tempo does, so that Grafana can search and show what is here.
 *
 * @see https://grafana.com/docs/tempo/latest/api_docs/
 */
export function createTempoApi(store: TraceStore) {
  return async ({ path, parameters, accept }: Question): Promise<Answer> => {
    const parts = path.split('/').slice(2);
    const isV2 = parts[0] === 'v2';
    const [first, second, third, fourth] = isV2 ? parts.slice(1) : parts;
    if (first === 'echo') return { status: 200, type: 'text/plain; charset=utf-8', body: 'echo' };
    if (first === 'status' && second === 'buildinfo') return json({ version: '2.9.0', features: [] });
    if (first === 'traces' && second !== undefined) return trace(second, isV2, accept);
    if (first === 'search' && second === undefined) return json(await search(parameters));
    if (first === 'search' && second === 'tags') return json(await tags(isV2));
    if (first === 'search' && second === 'tag' && fourth === 'values')
      return json(await values(third ?? '', parameters.get('q') ?? '', isV2));
    throw new RequestError('There is nothing at this address.', 404);
  };

  async function trace(id: string, isV2: boolean, accept: string): Promise<Answer> {
    const spans = await store.getTrace(traceIdOf(id));
    if (spans === undefined) throw new RequestError('There is no trace with this id.', 404);
    if (accept.includes(PROTOBUF)) {
      const body = encodeOtlpProtobuf(spans);
      return { status: 200, type: PROTOBUF, body: isV2 ? asField1(body) : body };
    }
    const otlp = encodeOtlpJson(spans);
    return json(isV2 ? { trace: otlp } : { batches: otlp.resourceSpans });
  }

  async function search(parameters: URLSearchParams) {
    const filter = filterOf(parameters);
    const [start, end] = [numberOf(parameters, 'start'), numberOf(parameters, 'end')];
    const limit = numberOf(parameters, 'limit', { least: 1, most: 1000, otherwise: 20 });
    const listed = numberOf(parameters, 'spss', { least: 0, most: 100, otherwise: 3 });
    const selection = {
      filter,
      ...(start !== undefined && { fromMs: start * 1000 }),
      ...(end !== undefined && { toMs: end * 1000 }),
    };
    const found = await store.search(selection, 'latest', limit);
    const traces = [];
    for (const one of found) traces.push(await resultOf(one, filter, listed));
    return { traces, metrics: {} };
  }

  async function resultOf(found: FoundTrace, filter: TraceFilter, listed: number) {
    const { traceId, rootService, rootName, startUnixNano, duration, spanCount, matchCount, services } = found;
    const matchers = spanFilters(filter).map(matcherOf);
    const spans = listed === 0 || spanCount > MAX_LISTED ? [] : ((await store.getTrace(traceId)) ?? []);
    const matching = spans.filter((span) => matchers.some((matches) => matches(span, found)));
    const spanSet = { spans: matching.slice(0, listed).map(spanResult), matched: matchCount };
    return {
      traceID: traceId,
      rootServiceName: rootService,
      rootTraceName: rootName,
      startTimeUnixNano: startUnixNano,
      durationMs: Math.floor(duration / 1e6),
      spanSet,
      spanSets: [spanSet],
      // A name may be `__proto__`, which is a key like any other to `fromEntries`.
      serviceStats: Object.fromEntries(
        services.map(({ name, spanCount, errorCount }) => [name, { spanCount, ...(errorCount > 0 && { errorCount }) }]),
      ),
    };
  }

  async function tags(isV2: boolean) {
    const spans = await store.spans(EVERYTHING, SAMPLE);
    const own = keysOf(spans.map(({ attributes }) => attributes));
    const shared = keysOf([...new Set(spans.map(({ resource }) => resource))].map(({ attributes }) => attributes));
    if (!isV2) return { tagNames: [...new Set([...own, ...shared])] };
    return {
      scopes: [
        { name: 'span', tags: own },
        { name: 'resource', tags: shared },
        { name: 'intrinsic', tags: INTRINSICS },
      ],
    };
  }

  async function values(tag: string, query: string, isV2: boolean) {
    const sorted = [
      ...new Set(await valuesOf(tag.replace(/^(?:span|resource)?\./, ''), parseQuery(query), query)),
    ].sort();
    return isV2 ? { tagValues: sorted.map((value) => ({ type: 'string', value })) } : { tagValues: sorted };
  }

  // Of services and names there are few, so all are told; of the rest those of the latest spans.
  async function valuesOf(key: string, filter: TraceFilter, query: string): Promise<readonly string[]> {
    if (key === 'service.name' && query === '') return store.services();
    if (key === 'service.name' || key === 'name') {
      const operations = await store.statistics({ filter });
      return operations.map(({ service, name }) => (key === 'name' ? name : service));
    }
    const spans = await store.spans({ filter }, SAMPLE);
    return spans.flatMap((span) => valueOfTag(span, key) ?? []);
  }
}

function valueOfTag(span: Span, key: string): string | undefined {
  if (key === 'status' || key === 'kind') return span[key];
  const bag = Object.hasOwn(span.attributes, key) ? span.attributes : span.resource.attributes;
  const value = Object.hasOwn(bag, key) ? bag[key] : undefined;
  return value === undefined || value === null || typeof value === 'object' ? undefined : String(value);
}

// Before TraceQL there were tags in logfmt and durations.
function filterOf(parameters: URLSearchParams): TraceFilter {
  const query = parameters.get('q');
  if (query !== null && query !== '') return parseQuery(query);
  const tags = [...(parameters.get('tags') ?? '').matchAll(/([^\s=]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)];
  const filter: SpanFilter = allOf([
    ...tags.map(([, key = '', quoted, plain]) => {
      const value = quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1');
      return key === 'service.name' ? compared('service', '=', value) : tagFilter(key, value);
    }),
    compared('duration', '>=', goDuration(parameters.get('minDuration'))),
    compared('duration', '<=', goDuration(parameters.get('maxDuration'))),
  ]);
  return { is: 'span', filter };
}

function spanResult(span: Span) {
  return {
    spanID: span.spanId,
    name: span.name,
    startTimeUnixNano: `${span.startUnixNano}`,
    durationNanos: `${durationOf(span)}`,
    attributes: [{ key: 'service.name', value: { stringValue: span.resource.service } }],
  };
}

function keysOf(bags: readonly Span['attributes'][]): string[] {
  return [...new Set(bags.flatMap((bag) => Object.keys(bag)))].sort();
}

// A `TraceByIDResponse` with nothing but its trace.
function asField1(body: Uint8Array): Uint8Array {
  const head = [0x0a];
  let length = body.length;
  for (; length > 127; length = Math.floor(length / 128)) head.push((length % 128) | 128);
  return Buffer.concat([Uint8Array.from([...head, length]), body]);
}
