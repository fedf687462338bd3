import { closedWindow } from '../closed-window.ts';
import type { TraceQuery } from '../trace-source.ts';
import type { Bindings } from './clickhouse-client.ts';
import type { ClickHouseSchema, SpanColumns } from './clickhouse-schema.ts';

const FAILED = "IN ('Error', 'STATUS_CODE_ERROR')";
const FIGURES =
  'toString(count()) AS calls, toString(countIf(failed)) AS errors, quantiles(0.5, 0.95, 0.99)(toFloat64(time)) AS times';
/** All spans of a trace are taken to start within a day of the one that was looked for, so that few partitions are read. */
const LONGEST_TRACE_MS = 86_400_000;

/** Finds traces and sums each of them up, in one query. */
export function searchQuery({ table, columns }: ClickHouseSchema, query: TraceQuery, limit: number) {
  const { traceId, parentId, name, service, start, duration, status } = columns;
  const { fromMs, toMs } = closedWindow(query);
  const { conditions, bindings } = conditionsOf(columns, query);
  const order = `(${parentId} != '', ${start})`;
  const sql = `SELECT id, first, last, spans, errors, root_service, root_name,
      arrayMap(own -> [own, toString(arrayCount(one -> one = own, names))], arrayDistinct(names)) AS services
    FROM (
      SELECT ${traceId} AS id, toString(toUnixTimestamp64Nano(min(${start}))) AS first,
        toString(max(toUnixTimestamp64Nano(${start}) + ${duration})) AS last, toString(count()) AS spans,
        toString(countIf(${status} ${FAILED})) AS errors, argMin(${service}, ${order}) AS root_service,
        argMin(${name}, ${order}) AS root_name, groupArray(toString(${service})) AS names
      FROM ${table}
      WHERE ${within(columns, 'least', 'most')} AND ${traceId} IN (
        SELECT ${traceId} FROM ${table} WHERE ${[within(columns, 'from', 'to'), ...conditions].join(' AND ')}
        GROUP BY ${traceId} ORDER BY min(${start}) DESC LIMIT {limit:UInt32}
      )
      GROUP BY ${traceId}
    )`;
  return {
    sql,
    bindings: {
      ...bindings,
      from: `${fromMs}000000`,
      to: `${toMs}000000`,
      least: `${fromMs - LONGEST_TRACE_MS}000000`,
      most: `${toMs + LONGEST_TRACE_MS}000000`,
      limit: `${limit}`,
    },
  };
}

/** Calls that both sides recorded: a span whose parent is of another service. */
export function callsToServices({ table, columns }: ClickHouseSchema): string {
  const { traceId, spanId, parentId, service, duration, status } = columns;
  return `SELECT caller, callee, ${FIGURES} FROM (
      SELECT ${traceId} AS callee_trace, ${parentId} AS callee_parent, toString(${service}) AS callee, ${duration} AS time,
        ${status} ${FAILED} AS failed
      FROM ${table} WHERE ${within(columns, 'from', 'to')} AND ${parentId} != ''
    ) AS callees INNER JOIN (
      SELECT ${traceId} AS caller_trace, ${spanId} AS caller_span, toString(${service}) AS caller
      FROM ${table} WHERE ${within(columns, 'from', 'to')}
    ) AS callers ON callee_trace = caller_trace AND callee_parent = caller_span
    WHERE caller != callee GROUP BY caller, callee ORDER BY caller, callee`;
}

/** Calls of databases, which record no spans. */
export function callsToDatabases({ table, columns }: ClickHouseSchema): string {
  const { service, duration, status } = columns;
  const system = `if(${columns.attribute('db.system.name')} != '', ${columns.attribute('db.system.name')}, ${columns.attribute('db.system')})`;
  const namespace = `if(${columns.attribute('db.namespace')} != '', ${columns.attribute('db.namespace')}, ${columns.attribute('db.name')})`;
  return `SELECT caller, callee, ${FIGURES} FROM (
      SELECT toString(${service}) AS caller, ${system} AS database_system, ${namespace} AS database_name,
        if(database_name = '', database_system, concat(database_system, '/', database_name)) AS callee, ${duration} AS time,
        ${status} ${FAILED} AS failed
      FROM ${table} WHERE ${within(columns, 'from', 'to')}
    ) WHERE database_system != '' GROUP BY caller, callee ORDER BY caller, callee`;
}

function within({ start }: SpanColumns, from: string, to: string): string {
  return `${start} >= fromUnixTimestamp64Nano({${from}:Int64}) AND ${start} <= fromUnixTimestamp64Nano({${to}:Int64})`;
}

function conditionsOf(columns: SpanColumns, query: TraceQuery): { conditions: string[]; bindings: Bindings } {
  const { service, operation, kind, error, minDurationMs, maxDurationMs, attributes } = query;
  const conditions: string[] = [];
  const bindings: Record<string, string> = {};
  const add = (name: string, value: string | undefined, condition: string) => {
    if (value === undefined) return;
    conditions.push(condition);
    bindings[name] = value;
  };
  const nanoseconds = (ms: number | undefined) => (ms === undefined ? undefined : `${Math.round(ms * 1e6)}`);
  add('service', service, `${columns.service} = {service:String}`);
  add('operation', operation, `${columns.name} = {operation:String}`);
  add('kind', kind, `replaceOne(lower(${columns.kind}), 'span_kind_', '') = {kind:String}`);
  add('min', nanoseconds(minDurationMs), `${columns.duration} >= {min:Int64}`);
  add('max', nanoseconds(maxDurationMs), `${columns.duration} <= {max:Int64}`);
  if (error !== undefined) conditions.push(`${error ? '' : 'NOT '}${columns.status} ${FAILED}`);
  for (const [at, [key, value]] of Object.entries(attributes ?? {}).entries()) {
    conditions.push(columns.hasAttribute(`key${at}`, `value${at}`));
    bindings[`key${at}`] = key;
    bindings[`value${at}`] = value;
  }
  return { conditions, bindings };
}
