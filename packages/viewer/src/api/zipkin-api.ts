import { encodeZipkinJson, type Span, type ZipkinSpan } from '@throughline/analysis';
import type { SpanFilter } from '../query/filter.ts';
import type { TraceStore } from '../store/trace-store.ts';
import { type Answer, json, type Question, RequestError } from './answer.ts';
import { allOf, compared, tagFilter } from './foreign-parameters.ts';
import { lookbackWindow } from './jaeger-api.ts';
import { numberOf, traceIdOf } from './parameters.ts';

/**
 * Answers as Zipkin's server does. Zipkin has names in lower case: they are told so, and whatever the case found.
 *
 * @see https://zipkin.io/zipkin-api/
 */
export function createZipkinApi(store: TraceStore) {
  return async ({ path, parameters }: Question): Promise<Answer> => {
    const [first, id] = path.split('/').slice(3);
    switch (first) {
      case 'services':
        return json(inLowerCase(await store.services()));
      case 'spans':
        return json(inLowerCase(await operationsOf(parameters.get('serviceName') ?? '')));
      case 'traces':
        return json(await search(parameters));
      case 'trace':
        return json(zipkinSpans(await spansOf(id ?? '')));
      case 'traceMany':
        return json(await Promise.all((parameters.get('traceIds') ?? '').split(',').slice(0, 100).map(traceOf)));
      case 'dependencies':
        return json(await dependencies(parameters));
      case 'remoteServices':
      case 'autocompleteKeys':
      case 'autocompleteValues':
        return json([]);
      default:
        throw new RequestError('There is nothing at this address.', 404);
    }
  };

  async function spansOf(id: string): Promise<readonly Span[]> {
    const spans = await store.getTrace(traceIdOf(id));
    if (spans === undefined) throw new RequestError('There is no trace with this id.', 404);
    return spans;
  }

  async function traceOf(id: string) {
    return zipkinSpans((await store.getTrace(traceIdOf(id))) ?? []);
  }

  async function servicesNamed(name: string): Promise<string[]> {
    return (await store.services()).filter((service) => service.toLowerCase() === name.toLowerCase());
  }

  async function operationsOf(service: string): Promise<string[]> {
    const names = new Set<string>();
    for (const own of await servicesNamed(service)) {
      for (const operation of await store.operations(own)) names.add(operation.name);
    }
    return [...names].sort();
  }

  async function search(parameters: URLSearchParams) {
    const service = parameters.get('serviceName') ?? '';
    const name = parameters.get('spanName') ?? '';
    const filter = allOf([
      service === '' ? undefined : oneOf('service', await servicesNamed(service)),
      name === '' || name === 'all' ? undefined : await nameFilter(service, name),
      compared('duration', '>=', micros(parameters, 'minDuration')),
      compared('duration', '<=', micros(parameters, 'maxDuration')),
      ...annotationFilters(parameters.get('annotationQuery') ?? ''),
    ]);
    const limit = numberOf(parameters, 'limit', { least: 1, most: 1000, otherwise: 10 });
    const found = await store.search(
      { filter: { is: 'span', filter }, ...lookbackWindow(parameters) },
      'latest',
      limit,
    );
    const traces = [];
    for (const { traceId } of found) traces.push(await traceOf(traceId));
    return traces;
  }

  async function nameFilter(service: string, name: string): Promise<SpanFilter> {
    const services = service === '' ? await store.services() : [service];
    const names = new Set<string>();
    for (const own of services) {
      for (const candidate of await operationsOf(own))
        if (candidate.toLowerCase() === name.toLowerCase()) names.add(candidate);
    }
    return oneOf('name', [...names]);
  }

  async function dependencies(parameters: URLSearchParams) {
    const { edges } = await store.dependencies(lookbackWindow(parameters));
    return edges.map(({ from, to, calls, errors }) => ({
      parent: from.name.toLowerCase(),
      child: to.name.toLowerCase(),
      callCount: Math.round(calls),
      ...(errors > 0 && { errorCount: Math.round(errors) }),
    }));
  }
}

function zipkinSpans(spans: readonly Span[]): ZipkinSpan[] {
  return encodeZipkinJson(spans).map(({ name, localEndpoint, ...rest }) => ({
    ...rest,
    ...(typeof name === 'string' && { name: name.toLowerCase() }),
    ...(localEndpoint !== undefined && { localEndpoint: endpointInLowerCase(localEndpoint as Endpoint) }),
  }));
}

type Endpoint = { readonly serviceName?: string };

function endpointInLowerCase({ serviceName, ...rest }: Endpoint): Endpoint {
  return { ...(serviceName !== undefined && { serviceName: serviceName.toLowerCase() }), ...rest };
}

function inLowerCase(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].sort();
}

function oneOf(of: 'service' | 'name', names: readonly string[]): SpanFilter {
  return { is: 'or', items: names.map((value) => ({ is: 'compare', field: { of }, by: '=', value })) };
}

function micros(parameters: URLSearchParams, name: string): number | undefined {
  const value = numberOf(parameters, name);
  return value === undefined ? undefined : value * 1000;
}

// `http.method=GET and error`: tags with their value, or names of tags.
function annotationFilters(query: string): SpanFilter[] {
  return query
    .split(/\s+and\s+/)
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      return at === -1 ? tagFilter(part, undefined) : tagFilter(part.slice(0, at), part.slice(at + 1));
    });
}
