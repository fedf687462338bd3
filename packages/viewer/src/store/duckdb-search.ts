import type { FoundTrace } from '../api/messages.ts';
import { spanFilters } from '../query/filter.ts';
import {
  asksForTrace,
  asksForTraceOnly,
  partCondition,
  SqlValues,
  spanCondition,
  traceCondition,
} from '../query/sql-filter.ts';
import { type Stored, storedAt } from './duckdb-candidates.ts';
import { hexOf } from './duckdb-rows.ts';
import { nanoseconds } from './nanoseconds.ts';
import type { Selection, Sort } from './trace-store.ts';

/** The summary of each trace from its parts; a condition may stand between, the grouping comes after. */
const SUMMARY = `SELECT trace_id, min(run) AS run, min(start_ns) AS start_ns, max(end_ns) AS end_ns,
  sum(spans)::INTEGER AS spans, sum(errors)::INTEGER AS errors, list(services) AS services,
  arg_min({'service': root_service, 'name': root_name},
    root_start::HUGEINT + CASE WHEN is_root THEN 0 ELSE 100000000000000000000 END::HUGEINT) AS root
  FROM parts`;
const ORDERS: Record<Sort, string> = {
  latest: 't.start_ns DESC',
  slowest: '(t.end_ns::HUGEINT - t.start_ns::HUGEINT) DESC',
  errors: 't.errors DESC, t.start_ns DESC',
};
const RESULT = 't.trace_id, t.run, t.start_ns, t.end_ns, t.spans, t.errors, t.services, t.root.service, t.root.name';

/** What orders need of a trace, without what only a list shows. */
const FIGURES = `SELECT trace_id, min(run) AS run, min(start_ns) AS start_ns, max(end_ns) AS end_ns, sum(errors)::INTEGER AS errors
  FROM parts`;

/** What need not be looked at. */
export type Bounds = {
  /** Only traces that began then or later, in nanoseconds, are looked for. */
  readonly since?: bigint | undefined;
  /** Spans that match were stored then. */
  readonly stored?: Stored | undefined;
};

/** The statement that finds traces; {@link foundTrace} reads its rows. */
export function searchStatement(
  selection: Selection,
  sort: Sort,
  limit: number,
  bounds: Bounds,
): { sql: string; values: SqlValues } {
  const values = new SqlValues();
  const order = `ORDER BY ${ORDERS[sort]}, t.trace_id LIMIT ${limit}`;
  const window = traceWindow(selection, bounds.since);
  const { matches, chosen, joined, count } = matchedTraces(selection, values, bounds);
  // The names and counts of services are put together for those alone that are told of.
  const sql = `WITH ${matches} top AS MATERIALIZED (
      SELECT t.trace_id, ${count} AS matches FROM (${FIGURES} ${chosen} GROUP BY trace_id) t ${joined} ${window} ${order})
    SELECT ${RESULT}, coalesce(top.matches, t.spans)
    FROM (${SUMMARY} WHERE trace_id IN (SELECT trace_id FROM top) GROUP BY trace_id) t
    JOIN top ON top.trace_id = t.trace_id ${order}`;
  return { sql, values };
}

function matchedTraces(selection: Selection, values: SqlValues, bounds: Bounds) {
  const { since } = bounds;
  const filters = spanFilters(selection.filter);
  if (filters.length === 1 && filters[0]?.is === 'all') {
    const recent = since === undefined ? [] : [`trace_id IN (SELECT trace_id FROM parts WHERE start_ns >= ${since})`];
    const conditions = [...recent, ...runOf(selection)];
    const chosen = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    return { matches: '', chosen, joined: '', count: 'NULL' };
  }
  const [only] = filters;
  if (filters.length === 1 && only !== undefined && asksForTraceOnly(only) && !hasWindow(selection)) {
    // Their parts say it all; spans need not be looked at.
    const recent = since === undefined ? [] : [`start_ns >= ${since}`];
    const part = partCondition(only, values);
    const likely = part === undefined ? [] : [`trace_id IN (SELECT trace_id FROM parts WHERE ${part})`];
    const where = ['true', ...recent, ...likely].join(' AND ');
    return {
      matches: `m AS MATERIALIZED (
        SELECT trace_id, spans FROM (${SUMMARY} WHERE ${where} GROUP BY trace_id) t WHERE ${spanCondition(only, values)}),`,
      chosen: 'WHERE trace_id IN (SELECT trace_id FROM m)',
      joined: 'JOIN m ON m.trace_id = t.trace_id',
      count: 'm.spans',
    };
  }
  const { from, conditions } = matching(selection, values, bounds);
  const flags = conditions.map((condition, index) => `${condition} AS b${index}`).join(', ');
  const any = conditions.map((_, index) => `b${index}`).join(' OR ');
  const counts = conditions.map((_, index) => `count(*) FILTER (WHERE b${index}) AS m${index}`).join(', ');
  return {
    matches: `m AS MATERIALIZED (
      SELECT trace_id, ${counts} FROM (SELECT s.trace_id, ${flags} ${from}) WHERE ${any} GROUP BY trace_id),`,
    chosen: `WHERE trace_id IN (SELECT trace_id FROM m WHERE ${traceCondition(selection.filter)})`,
    joined: 'JOIN m ON m.trace_id = t.trace_id',
    count: conditions.length === 1 ? 'm0' : `greatest(${conditions.map((_, index) => `m${index}`).join(', ')})`,
  };
}

/** The statement for traces by their ids. */
export function summaryStatement(traceIds: readonly string[]): string {
  const ids = traceIds.map((id) => BigInt(`0x${id}`)).join(', ');
  return `SELECT ${RESULT}, 0 FROM (${SUMMARY} WHERE trace_id IN (${ids}) GROUP BY trace_id) t`;
}

/** The statement from its `FROM` on, for all spans `s` that a selection means. */
export function matchingSpans(selection: Selection, values: SqlValues, stored: Stored | undefined): string {
  const { from, conditions } = matching(selection, values, { stored });
  return `${from} AND (${conditions.join(' OR ')})`;
}

/** A trace of a row. */
export function foundTrace(row: readonly unknown[]): FoundTrace {
  const [traceId, run, start, end, spans, errors, parts, rootService, rootName, matches] = row;
  const services = new Map<string, { name: string; spanCount: number; errorCount: number }>();
  for (const part of parts as string[]) {
    for (const [name, count, failed] of JSON.parse(part) as [string, number, number][]) {
      const service = services.get(name) ?? { name, spanCount: 0, errorCount: 0 };
      service.spanCount += count;
      service.errorCount += failed;
      services.set(name, service);
    }
  }
  return {
    traceId: hexOf(traceId, 32),
    rootService: rootService as string,
    rootName: rootName as string,
    startUnixNano: `${start}`,
    duration: Math.max(0, Number(BigInt(end as bigint) - BigInt(start as bigint))),
    spanCount: spans as number,
    errorCount: errors as number,
    matchCount: Number(matches),
    services: [...services.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    run: run as number,
  };
}

function matching(
  selection: Selection,
  values: SqlValues,
  { since, stored }: Bounds,
): { from: string; conditions: string[] } {
  const filters = spanFilters(selection.filter);
  const conditions = filters.map((filter) => spanCondition(filter, values));
  const sources = conditions.some((condition) => condition.includes('o.attributes'))
    ? 'JOIN sources o ON o.id = s.source'
    : '';
  // A trace that began since then has all its parts since then; of others it does not matter what is found.
  const recent = since === undefined ? '' : `WHERE start_ns >= ${since}`;
  const traces = filters.some(asksForTrace)
    ? `JOIN (${SUMMARY} ${recent} GROUP BY trace_id) t ON t.trace_id = s.trace_id`
    : '';
  const within = [
    ...(stored === undefined ? [] : [storedAt(stored)]),
    ...(since === undefined ? [] : [`s.start_ns >= ${since}`]),
    ...(selection.fromMs === undefined ? [] : [`s.start_ns >= ${nanoseconds(selection.fromMs)}`]),
    ...(selection.toMs === undefined ? [] : [`s.start_ns <= ${nanoseconds(selection.toMs)}`]),
    ...(selection.run === undefined ? [] : [`s.run = ${Math.trunc(selection.run)}`]),
  ];
  return { from: `FROM spans s ${sources} ${traces} WHERE ${['true', ...within].join(' AND ')}`, conditions };
}

function traceWindow({ fromMs, toMs, run }: Selection, since: bigint | undefined): string {
  const conditions = [
    ...(since === undefined ? [] : [`t.start_ns >= ${since}`]),
    ...(fromMs === undefined ? [] : [`t.end_ns >= ${nanoseconds(fromMs)}`]),
    ...(toMs === undefined ? [] : [`t.start_ns <= ${nanoseconds(toMs)}`]),
    ...(run === undefined ? [] : [`t.run = ${Math.trunc(run)}`]),
  ];
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

// Spans are counted that are within it.
function hasWindow({ fromMs, toMs, run }: Selection): boolean {
  return fromMs !== undefined || toMs !== undefined || run !== undefined;
}

function runOf({ run }: { readonly run?: number | undefined }): string[] {
  return run === undefined ? [] : [`run = ${Math.trunc(run)}`];
}

/** The statement for when the latest parts of traces began, how many they are, and when the first of all did. */
export function latestStatement({ toMs, run }: Selection, count: number): string {
  const conditions = [...(toMs === undefined ? [] : [`start_ns <= ${nanoseconds(toMs)}`]), ...runOf({ run })];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return `SELECT count(*), min(start_ns), max(start_ns), (SELECT min(start_ns) FROM parts)
    FROM (SELECT start_ns FROM parts ${where} ORDER BY start_ns DESC LIMIT ${count})`;
}
