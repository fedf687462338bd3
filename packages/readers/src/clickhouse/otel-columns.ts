import type { SpanColumns } from './clickhouse-schema.ts';

/**
 * The columns of the OpenTelemetry Collector's ClickHouse exporter, with attributes as Map (all values are text) or as JSON.
 *
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/clickhouseexporter
 */
export function otelColumns(attributes: 'Map' | 'JSON'): SpanColumns {
  const isIn = attributes === 'Map' ? isInMap : isInJson;
  return {
    traceId: 'TraceId',
    spanId: 'SpanId',
    parentId: 'ParentSpanId',
    name: 'SpanName',
    kind: 'SpanKind',
    service: 'ServiceName',
    start: 'Timestamp',
    duration: 'toInt64(Duration)',
    status: 'StatusCode',
    hasAttribute: (key, value) =>
      `(${isIn('SpanAttributes', key, value)} OR ${isIn('ResourceAttributes', key, value)})`,
    attribute: (key) =>
      attributes === 'Map'
        ? `SpanAttributes['${key}']`
        : `ifNull(toString(getSubcolumn(SpanAttributes, '${key}')), '')`,
    all: `TraceId AS trace_id, SpanId AS span_id, ParentSpanId AS parent_id, TraceState AS trace_state, SpanName AS name,
      SpanKind AS kind, ServiceName AS service, toString(toUnixTimestamp64Nano(Timestamp)) AS start,
      toString(toInt64(Duration)) AS duration, StatusCode AS status, StatusMessage AS status_message,
      ScopeName AS scope_name, ScopeVersion AS scope_version, SpanAttributes AS attributes, ResourceAttributes AS resource,
      arrayMap(moment -> toString(toUnixTimestamp64Nano(moment)), \`Events.Timestamp\`) AS event_times,
      \`Events.Name\` AS event_names, \`Events.Attributes\` AS event_attributes, \`Links.TraceId\` AS link_trace_ids,
      \`Links.SpanId\` AS link_span_ids, \`Links.TraceState\` AS link_trace_states, \`Links.Attributes\` AS link_attributes`,
  };
}

function isInMap(column: string, key: string, value: string): string {
  return `(mapContains(${column}, {${key}:String}) AND ${column}[{${key}:String}] = {${value}:String})`;
}

function isInJson(column: string, key: string, value: string): string {
  return `(has(JSONAllPaths(${column}), {${key}:String}) AND toString(getSubcolumn(${column}, {${key}:String})) = {${value}:String})`;
}
