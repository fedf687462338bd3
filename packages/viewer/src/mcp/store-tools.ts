import { differingAttributes, type Span } from '@throughline/analysis';
import { countText, shareText } from '../cli/figures.ts';
import { durationOf } from '../query/matcher.ts';
import { parseQuery } from '../query/parse-query.ts';
import type { Selection, Sort } from '../store/trace-store.ts';
import { clipped, milliseconds, share } from './bounded.ts';
import { COUNT, FLAG, NUMBER, rowsOf, SHARE, TEXT } from './result-schema.ts';
import { momentOf } from './span-tools.ts';
import { countFrom, type Given, LAST_MINUTES, limitOf, QUERY, type Tool, textFrom } from './tool.ts';

const MAX_SPANS = 20_000;
const FIGURES = { calls: COUNT, errors: COUNT, p50_ms: NUMBER, p95_ms: NUMBER, p99_ms: NUMBER };
const SORTS: readonly Sort[] = ['latest', 'slowest', 'errors'];

export const findTool: Tool = {
  name: 'find_traces',
  title: 'Find traces',
  description: 'Requests that match a query, with their ids: the latest, the slowest, or those with most errors.',
  arguments: {
    query: QUERY,
    sort: { type: 'string', enum: SORTS, default: 'latest' },
    last_minutes: LAST_MINUTES,
    limit: limitOf(10, 50),
  },
  result: {
    traces: rowsOf({
      trace_id: TEXT,
      service: TEXT,
      name: TEXT,
      started_at: TEXT,
      duration_ms: NUMBER,
      spans: COUNT,
      errors: COUNT,
      services: { type: 'array', items: TEXT },
    }),
    more: FLAG,
    page: TEXT,
  },
  sometimes: ['page'],
  async run(given, { store, page }) {
    const limit = countFrom(given, 10);
    const sort = SORTS.find((known) => known === given.sort) ?? 'latest';
    const found = await store.search(selectionFrom(given), sort, limit + 1);
    const rows = found.slice(0, limit).map((trace) => ({
      trace_id: trace.traceId,
      service: clipped(trace.rootService),
      name: clipped(trace.rootName),
      started_at: momentOf(trace.startUnixNano),
      duration_ms: milliseconds(trace.duration),
      spans: trace.spanCount,
      errors: trace.errorCount,
      services: trace.services.slice(0, 10).map(({ name }) => clipped(name, 40)),
    }));
    return {
      lines: [
        ...(rows.length === 0 ? ['No trace matches.'] : []),
        ...rows.map(
          (row) =>
            `${row.trace_id} ${row.started_at} ${row.duration_ms} ms, ${countText(row.spans, 'span')}, ${countText(row.errors, 'error')}: ${row.service} ${row.name} (${row.services.join(', ')})`,
        ),
        ...(found.length > limit ? ['There are more.'] : []),
      ],
      data: { traces: rows, more: found.length > limit, ...(page !== undefined && { page }) },
    };
  },
};

export const operationsTool: Tool = {
  name: 'list_operations',
  title: 'Operations',
  description:
    'How often each operation of each service was called, failed, and how long it took (p50, p95, p99), over all spans that match. Shows what is slow or failing in general.',
  arguments: {
    query: QUERY,
    last_minutes: LAST_MINUTES,
    sort: { type: 'string', enum: ['p95', 'calls', 'errors'], default: 'p95' },
    limit: limitOf(20, 50),
  },
  result: { operations: rowsOf({ service: TEXT, name: TEXT, kind: TEXT, ...FIGURES }), more_operations: COUNT },
  async run(given, { store }) {
    const key = given.sort === 'calls' || given.sort === 'errors' ? given.sort : 'p95';
    const all = [...(await store.statistics(selectionFrom(given)))].sort((a, b) => b[key] - a[key]);
    const rows = all.slice(0, countFrom(given, 20)).map(({ service, name, kind, ...calls }) => ({
      service: clipped(service),
      name: clipped(name),
      kind,
      ...figures(calls),
    }));
    return {
      lines: [
        ...rows.map((row) => `${row.service} ${row.name} (${row.kind}): ${textOf(row)}`),
        ...(all.length > rows.length ? [`and ${all.length - rows.length} more operations`] : []),
      ],
      data: { operations: rows, more_operations: all.length - rows.length },
    };
  },
};

export const mapTool: Tool = {
  name: 'service_map',
  title: 'Service map',
  description:
    'Who calls whom, with calls, errors and times: services, databases, queues and hosts that record no spans. The slowest first.',
  arguments: { last_minutes: LAST_MINUTES, limit: limitOf(30, 50) },
  result: { edges: rowsOf({ from: TEXT, to: TEXT, to_kind: TEXT, ...FIGURES }), more_edges: COUNT },
  async run(given, { store }) {
    const { fromMs } = selectionFrom(given);
    const { edges } = await store.dependencies(fromMs === undefined ? {} : { fromMs });
    const rows = [...edges]
      .sort((a, b) => b.p95 - a.p95)
      .slice(0, countFrom(given, 30))
      .map(({ from, to, ...calls }) => ({
        from: clipped(from.name),
        to: clipped(to.name),
        to_kind: to.kind,
        ...figures(calls),
      }));
    return {
      lines: [
        ...(rows.length === 0 ? ['No calls are known.'] : []),
        ...rows.map((row) => `${row.from} to ${row.to} (${row.to_kind}): ${textOf(row)}`),
        ...(edges.length > rows.length ? [`and ${edges.length - rows.length} more edges`] : []),
      ],
      data: { edges: rows, more_edges: edges.length - rows.length },
    };
  },
};

export const differsTool: Tool = {
  name: 'what_differs',
  title: 'What differs',
  description:
    'Which attributes the failed or slow spans of a query have that the others lack, such as one host, version or customer: give `errors` or `slower_than_ms`. Narrow the query to one operation, so that like is held against like.',
  arguments: {
    query: QUERY,
    last_minutes: LAST_MINUTES,
    errors: { type: 'boolean', description: 'Hold the failed spans against the others' },
    slower_than_ms: { type: 'number', minimum: 0, description: 'Hold spans that took longer against the others' },
    limit: limitOf(15, 50),
  },
  result: {
    these: COUNT,
    others: COUNT,
    attributes: rowsOf({ key: TEXT, value: TEXT, share_of_these: SHARE, share_of_others: SHARE }),
  },
  async run(given, { store }) {
    const least = typeof given.slower_than_ms === 'number' ? given.slower_than_ms * 1e6 : undefined;
    const isMeant = (span: Span) =>
      (least !== undefined && durationOf(span) > least) ||
      ((given.errors === true || least === undefined) && span.status === 'error');
    const spans = await store.spans(selectionFrom(given), MAX_SPANS);
    const [meant, others]: [Span[], Span[]] = [[], []];
    for (const span of spans) (isMeant(span) ? meant : others).push(span);
    const found = meant.length === 0 || others.length === 0 ? [] : differingAttributes(meant, others);
    const rows = found.slice(0, countFrom(given, 15)).map(({ key, value, current, baseline }) => ({
      key: clipped(key),
      value: clipped(value),
      share_of_these: share(current),
      share_of_others: share(baseline),
    }));
    return {
      lines: [
        `${meant.length} spans against ${others.length} others${spans.length === MAX_SPANS ? `, the latest ${MAX_SPANS}` : ''}`,
        ...(rows.length === 0 ? ['Nothing differs beyond chance.'] : []),
        ...rows.map(
          (row) =>
            `${row.key} = ${row.value}: ${shareText(row.share_of_these)} of these, ${shareText(row.share_of_others)} of the others`,
        ),
      ],
      data: { these: meant.length, others: others.length, attributes: rows },
    };
  },
};

function selectionFrom(given: Given): Selection {
  const filter = parseQuery(textFrom(given, 'query'));
  const { last_minutes: minutes } = given;
  return typeof minutes === 'number' ? { filter, fromMs: Date.now() - minutes * 60_000 } : { filter };
}

function figures(calls: { calls: number; errors: number; p50: number; p95: number; p99: number }) {
  return {
    calls: Math.round(calls.calls),
    errors: Math.round(calls.errors),
    p50_ms: milliseconds(calls.p50),
    p95_ms: milliseconds(calls.p95),
    p99_ms: milliseconds(calls.p99),
  };
}

function textOf({ calls, errors, p50_ms, p95_ms, p99_ms }: ReturnType<typeof figures>): string {
  return `${countText(calls, 'call')}, ${countText(errors, 'error')}, p50 ${p50_ms} ms, p95 ${p95_ms} ms, p99 ${p99_ms} ms`;
}
