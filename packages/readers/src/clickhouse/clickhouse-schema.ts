import { textOf } from '../json-answer.ts';
import { type ClickHouseClient, quotedName } from './clickhouse-client.ts';
import { jaegerColumns } from './jaeger-columns.ts';
import { otelColumns } from './otel-columns.ts';

/** How a table of spans is asked, as SQL. */
export type SpanColumns = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  readonly kind: string;
  readonly service: string;
  /** A `DateTime64(9)`. */
  readonly start: string;
  /** Nanoseconds. */
  readonly duration: string;
  readonly status: string;
  /** Whether an attribute of the span or its resource has this text; both are names of parameters. */
  hasAttribute(key: string, value: string): string;
  /** An attribute of the span as text, by a key that is no input; empty where it is not there. */
  attribute(key: string): string;
  /** What `rowSpans` reads. */
  readonly all: string;
};

/** A table of spans, and what is known of its database. */
export type ClickHouseSchema = {
  readonly table: string;
  readonly columns: SpanColumns;
  /** The table that tells when a trace was, and its columns, where there is one. */
  readonly times:
    | { readonly table: string; readonly traceId: string; readonly start: string; readonly end: string }
    | undefined;
};

/**
 * Finds the table of spans: that of the OpenTelemetry Collector's exporter (`otel_traces`, or another name with the same
 * columns), with attributes as Map or JSON, or that of Jaeger (`spans`).
 */
export async function findSchema(
  client: ClickHouseClient,
  wanted: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ClickHouseSchema> {
  const rows = await client.rows(
    "SELECT table, name, type FROM system.columns WHERE database = {database:String} AND name IN ('SpanAttributes', 'str_attributes.key', 'Start', 'start')",
    { database: client.database },
    signal,
  );
  const tables = new Map<string, Map<string, string>>();
  for (const { table, name, type } of rows) {
    const columns = tables.get(textOf(table)) ?? new Map<string, string>();
    tables.set(textOf(table), columns.set(textOf(name), textOf(type)));
  }
  const name = wanted ?? ['otel_traces', 'spans'].find((known) => isSpans(tables.get(known)));
  const columns = name === undefined ? undefined : tables.get(name);
  if (name === undefined || columns === undefined || !isSpans(columns))
    throw client.error(
      `there is no table of spans${wanted === undefined ? ' (otel_traces or spans)' : ` ${JSON.stringify(wanted)}`} in database ${JSON.stringify(client.database)}. ` +
        'Name them in the address: clickhouse+http://host:8123/database?table=otel_traces',
    );
  const at = (table: string) => `${quotedName(client.database)}.${quotedName(table)}`;
  const attributes = columns.get('SpanAttributes');
  if (attributes === undefined) {
    const times = tables.has('trace_id_timestamps')
      ? { table: at('trace_id_timestamps'), traceId: 'trace_id', start: 'start', end: 'end' }
      : undefined;
    return { table: at(name), columns: jaegerColumns, times };
  }
  const lookup = `${name}_trace_id_ts`;
  return {
    table: at(name),
    columns: otelColumns(attributes.startsWith('JSON') ? 'JSON' : 'Map'),
    times: tables.has(lookup) ? { table: at(lookup), traceId: 'TraceId', start: 'Start', end: 'End' } : undefined,
  };
}

function isSpans(columns: ReadonlyMap<string, string> | undefined): boolean {
  return columns !== undefined && (columns.has('SpanAttributes') || columns.has('str_attributes.key'));
}
