import { anomalies, type Comparison, compare, differingAttributes, type Span } from '@throughline/analysis';
import { TraceSourceError } from '@throughline/readers';
import { durationOf } from '../query/matcher.ts';
import { QueryError } from '../query/tokens.ts';
import { MAX_DEPENDENCY_TRACES, type Sort, type TraceStore } from '../store/trace-store.ts';
import { type Answer, bytes, json, problem, type Question, RequestError } from './answer.ts';
import type {
  ComparisonAnswer,
  DependenciesAnswer,
  DifferencesAnswer,
  RunComparisonAnswer,
  SearchAnswer,
  Status,
  SummariesAnswer,
} from './messages.ts';
import { numberOf, selectionFrom, traceIdOf } from './parameters.ts';
import { TraceAnswers } from './trace-answers.ts';

const MAX_RUN_TRACES = 2000;
const MAX_DIFFERENCE_SPANS = 20_000;
const MAX_SUMMARIES = 100;
const MAX_ATTRIBUTES = 50;

/** Answers what the page asks: see `messages.ts`. Never throws. */
export function createPageApi(store: TraceStore, status: () => Promise<Status>, log: (message: string) => void) {
  const traces = new TraceAnswers(store);
  return async ({ method, path, parameters }: Question): Promise<Answer> => {
    try {
      const value = await answer(method, path.split('/'), parameters);
      if (value === undefined) return problem(404, 'There is nothing at this address.');
      return value instanceof Uint8Array ? bytes(value) : json(value);
    } catch (error) {
      return failure(error, log);
    }
  };

  async function answer(method: string, path: readonly string[], parameters: URLSearchParams): Promise<unknown> {
    const [first, id = '', part, spanId = ''] = path;
    if (method === 'POST') return first === 'runs' && path.length === 1 ? store.startRun() : undefined;
    if (first === 'traces' && path.length > 1) return ofTrace(id, part, spanId, parameters);
    if (path.length > 1) return undefined;
    switch (first) {
      case 'status':
        return status();
      case 'traces':
        return search(parameters);
      case 'summaries':
        return summaries(parameters.get('ids') ?? '');
      case 'services':
        return { services: await store.services() };
      case 'operations':
        return { operations: await store.operations(parameters.get('service') ?? '') };
      case 'dependencies':
        return dependencies(parameters);
      case 'statistics':
        return { operations: await store.statistics(selectionFrom(parameters)) };
      case 'heatmap': {
        const columns = numberOf(parameters, 'columns', { least: 1, most: 200, otherwise: 60 });
        return store.heatMap(selectionFrom(parameters), columns);
      }
      case 'differences':
        return differences(parameters);
      case 'compare':
        return comparison(
          compare(
            await traces.trace(parameters.get('before') ?? ''),
            await traces.trace(parameters.get('after') ?? ''),
          ),
        );
      case 'compare-runs':
        return compareRuns(parameters);
      case 'runs':
        return { runs: await store.runs() };
      default:
        return undefined;
    }
  }

  async function ofTrace(id: string, part: string | undefined, spanId: string, parameters: URLSearchParams) {
    switch (part) {
      case undefined:
        return traces.packed(id);
      case 'spans':
        return traces.span(id, spanId);
      case 'matches':
        return traces.matches(id, parameters.get('query') ?? '');
      case 'bottlenecks':
        return traces.bottlenecks(id);
      case 'logs':
        return traces.logs(id);
      case 'otlp':
        return traces.otlp(id);
      default:
        return undefined;
    }
  }

  async function search(parameters: URLSearchParams): Promise<SearchAnswer> {
    const limit = numberOf(parameters, 'limit', { least: 1, most: 1000, otherwise: 50 });
    const found = await store.search(selectionFrom(parameters), sortOf(parameters.get('sort')), limit + 1);
    return { traces: found.slice(0, limit), more: found.length > limit };
  }

  async function summaries(ids: string): Promise<SummariesAnswer> {
    const asked = ids.split(',', MAX_SUMMARIES).filter((id) => id !== '');
    const found = await store.summaries(asked.map(traceIdOf));
    // Of some there are only log lines so far.
    return { traces: found.flatMap(({ matchCount: _, ...trace }) => (trace.spanCount > 0 ? [trace] : [])) };
  }

  async function dependencies(parameters: URLSearchParams): Promise<DependenciesAnswer> {
    const { fromMs, toMs } = selectionFrom(parameters);
    const window = { ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) };
    const { nodes, edges } = await store.dependencies(window);
    const indexes = new Map(nodes.map(({ name, kind }, index) => [`${kind}\n${name}`, index]));
    const all = (await store.status()).traces;
    return {
      nodes,
      edges: edges.map(({ from, to, calls, errors, p50, p95, p99, operations }) => ({
        from: indexes.get(`${from.kind}\n${from.name}`) ?? -1,
        to: indexes.get(`${to.kind}\n${to.name}`) ?? -1,
        calls,
        errors,
        p50,
        p95,
        p99,
        operations,
      })),
      traces: Math.min(all, MAX_DEPENDENCY_TRACES),
      complete: all <= MAX_DEPENDENCY_TRACES,
    };
  }

  async function differences(parameters: URLSearchParams): Promise<DifferencesAnswer> {
    const spans = await store.spans(selectionFrom(parameters), MAX_DIFFERENCE_SPANS + 1);
    const complete = spans.length <= MAX_DIFFERENCE_SPANS;
    const isSelected = selectionOf(parameters);
    const selected: Span[] = [];
    const others: Span[] = [];
    for (const span of spans.slice(0, MAX_DIFFERENCE_SPANS)) (isSelected(span) ? selected : others).push(span);
    const found = selected.length === 0 || others.length === 0 ? [] : differingAttributes(selected, others);
    return {
      selected: selected.length,
      others: others.length,
      complete,
      attributes: found.slice(0, MAX_ATTRIBUTES).map(({ key, value, current, baseline, deviations }) => ({
        key,
        value,
        selected: current,
        others: baseline,
        deviations,
      })),
    };
  }

  async function compareRuns(parameters: URLSearchParams): Promise<RunComparisonAnswer> {
    const profiles = ['before', 'after'].map((name) => {
      const run = numberOf(parameters, name);
      if (run === undefined) throw new RequestError(`Expected \`${name}\` to be the number of a run.`);
      return store.profile({ filter: { is: 'span', filter: { is: 'all' } }, run }, MAX_RUN_TRACES);
    });
    const [before, after] = await Promise.all(profiles);
    if (before === undefined || after === undefined) throw new RequestError('Expected two runs.');
    return { ...comparison(compare(before, after)), anomalies: anomalies(after, before) };
  }
}

function selectionOf(parameters: URLSearchParams): (span: Span) => boolean {
  const fromMs = numberOf(parameters, 'selectFromMs') ?? Number.NEGATIVE_INFINITY;
  const toMs = numberOf(parameters, 'selectToMs') ?? Number.POSITIVE_INFINITY;
  const least = numberOf(parameters, 'minDuration') ?? Number.NEGATIVE_INFINITY;
  const most = numberOf(parameters, 'maxDuration') ?? Number.POSITIVE_INFINITY;
  const onlyErrors = parameters.get('errors') === 'true';
  return (span) => {
    const startMs = Number(span.startUnixNano) / 1e6;
    const duration = durationOf(span);
    if (onlyErrors && span.status !== 'error') return false;
    return startMs >= fromMs && startMs <= toMs && duration >= least && duration <= most;
  };
}

function sortOf(text: string | null): Sort {
  if (text === null || text === 'latest') return 'latest';
  if (text === 'slowest' || text === 'errors') return text;
  throw new RequestError("Expected `sort` to be 'latest', 'slowest' or 'errors'.");
}

function comparison({ before, after, paths }: Comparison): ComparisonAnswer {
  return {
    before,
    after,
    paths: paths.map((path) => ({
      service: path.service,
      name: path.name,
      depth: path.depth,
      difference: path.difference,
      ...(path.before !== undefined && { before: path.before }),
      ...(path.after !== undefined && { after: path.after }),
    })),
  };
}

/** The answer to a request that failed; of what we did not foresee, no more than that. */
export function failure(error: unknown, log: (message: string) => void): Answer {
  if (error instanceof RequestError) return problem(error.status, error.message);
  if (error instanceof TraceSourceError) return problem(502, error.message);
  if (error instanceof QueryError) return problem(400, error.message, error.position);
  log(`[viewer] ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  return problem(500, 'The viewer could not answer; its log says why.');
}
