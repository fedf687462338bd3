import type { DependencyNode, Span } from '@throughline/analysis';
import { closedWindow } from '../closed-window.ts';
import type { HttpOptions } from '../http-client.ts';
import { itemsOf, nanosecondsOf, textOf } from '../json-answer.ts';
import { spanKindOf } from '../span-kind.ts';
import { latestFirst } from '../summary-of.ts';
import { traceIdOf } from '../trace-id.ts';
import {
  DEFAULT_LIMIT,
  type Operation,
  type ReadOptions,
  type ServiceCalls,
  type ServiceGraph,
  type TimeWindow,
  type TraceQuery,
  type TraceSource,
  type TraceSummary,
} from '../trace-source.ts';
import { type Bindings, ClickHouseClient, type Row } from './clickhouse-client.ts';
import { callsToDatabases, callsToServices, searchQuery } from './clickhouse-queries.ts';
import { type ClickHouseSchema, findSchema } from './clickhouse-schema.ts';
import { rowSpans } from './row-spans.ts';

/**
 * Traces in ClickHouse, as the OpenTelemetry Collector's exporter or Jaeger stores them, over the HTTP interface. The path
 * of the address is the database: `http://reader:password@localhost:8123/otel?table=otel_traces`. Finding, counting and
 * quantiles happen in the database; a user who may only read is enough.
 */
export function clickHouseSource(address: URL, options?: HttpOptions): TraceSource {
  return new ClickHouseSource(new ClickHouseClient(address, options), address.searchParams.get('table') ?? undefined);
}

class ClickHouseSource implements TraceSource {
  readonly name: string;
  readonly #client: ClickHouseClient;
  readonly #table: string | undefined;
  #known: ClickHouseSchema | undefined;

  constructor(client: ClickHouseClient, table: string | undefined) {
    this.#client = client;
    this.#table = table;
    this.name = client.name;
  }

  async findTraces(query: TraceQuery, { signal }: ReadOptions = {}): Promise<readonly TraceSummary[]> {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const { sql, bindings } = searchQuery(await this.#schema(signal), query, limit);
    return latestFirst((await this.#client.rows(sql, bindings, signal)).map(summaryFrom), limit);
  }

  async getTrace(traceId: string, { signal }: ReadOptions = {}): Promise<readonly Span[] | undefined> {
    const { table, columns, times } = await this.#schema(signal);
    const bindings: Bindings = { id: traceIdOf(traceId, this.name) };
    let within = '';
    if (times !== undefined) {
      const [found] = await this.#client.rows(
        `SELECT toString(count()) AS known, toString(toUnixTimestamp(min(${times.start}))) AS first, toString(toUnixTimestamp(max(${times.end}))) AS last FROM ${times.table} WHERE ${times.traceId} = {id:String}`,
        bindings,
        signal,
      );
      // Spans that are older than the table of times are not in it.
      if (found !== undefined && found.known !== '0')
        // Both as exact as the column: beside whole seconds, ClickHouse leaves out spans that begin within the last one.
        within = ` AND ${columns.start} >= ${momentOf(found.first)} AND ${columns.start} < ${momentOf(found.last)} + INTERVAL 1 SECOND`;
    }
    const sql = `SELECT ${columns.all} FROM ${table} WHERE ${columns.traceId} = {id:String}${within}`;
    const rows = await this.#client.rows(sql, bindings, signal);
    return rows.length === 0 ? undefined : rowSpans(rows);
  }

  async services({ signal }: ReadOptions = {}): Promise<readonly string[]> {
    const { table, columns } = await this.#schema(signal);
    const rows = await this.#client.rows(
      `SELECT DISTINCT ${columns.service} AS name FROM ${table} ORDER BY name`,
      {},
      signal,
    );
    return rows.map(({ name }) => textOf(name));
  }

  async operations(service: string, { signal }: ReadOptions = {}): Promise<readonly Operation[]> {
    const { table, columns } = await this.#schema(signal);
    const sql = `SELECT DISTINCT ${columns.name} AS operation, ${columns.kind} AS role FROM ${table} WHERE ${columns.service} = {service:String} ORDER BY operation, role`;
    const rows = await this.#client.rows(sql, { service }, signal);
    return rows.map(({ operation, role }) => ({ name: textOf(operation), kind: spanKindOf(role) }));
  }

  async dependencies(window: TimeWindow, { signal }: ReadOptions = {}): Promise<ServiceGraph> {
    const schema = await this.#schema(signal);
    const { fromMs, toMs } = closedWindow(window);
    const bindings = { from: `${fromMs}000000`, to: `${toMs}000000` };
    const nodes = new Map<string, DependencyNode>();
    const node = (name: unknown, kind: DependencyNode['kind']) => {
      const key = `${kind}\n${name}`;
      nodes.set(key, nodes.get(key) ?? { name: textOf(name), kind });
      return nodes.get(key) as DependencyNode;
    };
    const services = await this.#client.rows(callsToServices(schema), bindings, signal);
    const databases = await this.#client.rows(callsToDatabases(schema), bindings, signal);
    const edges = [
      ...services.map((row) => ({
        from: node(row.caller, 'service'),
        to: node(row.callee, 'service'),
        ...callsOf(row),
      })),
      ...databases.map((row) => ({
        from: node(row.caller, 'service'),
        to: node(row.callee, 'database'),
        ...callsOf(row),
      })),
    ];
    return { nodes: [...nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), edges };
  }

  async close(): Promise<void> {}

  async #schema(signal: AbortSignal | undefined): Promise<ClickHouseSchema> {
    this.#known ??= await findSchema(this.#client, this.#table, signal);
    return this.#known;
  }
}

// It is put into SQL, so it had better be a number.
function wholeNumber(value: unknown): number {
  return Math.trunc(Number(value)) || 0;
}

function momentOf(unixSeconds: unknown): string {
  return `fromUnixTimestamp64Nano(toInt64(${wholeNumber(unixSeconds)}000000000))`;
}

function callsOf({ calls, errors, times }: Row): Omit<ServiceCalls, 'from' | 'to'> {
  const [p50 = 0, p95 = 0, p99 = 0] = itemsOf(times).map(Number);
  const count = Number(calls);
  return { calls: count, errors: Number(errors), errorRate: count === 0 ? 0 : Number(errors) / count, p50, p95, p99 };
}

function summaryFrom(row: Row): TraceSummary {
  const start = nanosecondsOf(row.first);
  return {
    traceId: textOf(row.id),
    rootService: textOf(row.root_service),
    rootName: textOf(row.root_name),
    startUnixNano: start,
    duration: Number(nanosecondsOf(row.last) - start),
    spanCount: Number(row.spans),
    errorCount: Number(row.errors),
    services: itemsOf(row.services)
      .map(itemsOf)
      .map(([name, count]) => ({ name: textOf(name), spanCount: Number(count) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
