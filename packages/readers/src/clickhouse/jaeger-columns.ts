import type { SpanColumns } from './clickhouse-schema.ts';

const TYPES = ['str', 'int', 'double', 'bool', 'complex'] as const;

/**
 * The columns of Jaeger's own tables in ClickHouse, with a list of keys and values for each type of attribute.
 *
 * @see https://github.com/jaegertracing/jaeger/tree/main/internal/storage/v2/clickhouse
 */
export const jaegerColumns: SpanColumns = {
  traceId: 'trace_id',
  spanId: 'id',
  parentId: 'parent_span_id',
  name: 'name',
  kind: 'kind',
  service: 'service_name',
  start: 'start_time',
  duration: 'duration',
  status: 'status_code',
  hasAttribute: (key, value) =>
    `(${['', 'resource_']
      .flatMap((prefix) => TYPES.slice(0, -1).map((type) => `${prefix}${type}_attributes`))
      .map(
        (list) =>
          `arrayExists((k, v) -> k = {${key}:String} AND toString(v) = {${value}:String}, \`${list}.key\`, \`${list}.value\`)`,
      )
      .join(' OR ')})`,
  attribute: (key) => `arrayFirst((v, k) -> k = '${key}', \`str_attributes.value\`, \`str_attributes.key\`)`,
  all: `trace_id, id AS span_id, parent_span_id AS parent_id, trace_state, name, kind, service_name AS service,
    toString(toUnixTimestamp64Nano(start_time)) AS start, toString(duration) AS duration, status_code AS status,
    status_message, scope_name, scope_version, ${listOf('')} AS attributes, ${listOf('resource_')} AS resource,
    arrayMap(moment -> toString(toUnixTimestamp64Nano(moment)), \`events.timestamp\`) AS event_times,
    \`events.name\` AS event_names, ${listsOf('events')} AS event_attributes, \`links.trace_id\` AS link_trace_ids,
    \`links.span_id\` AS link_span_ids, \`links.trace_state\` AS link_trace_states, ${listsOf('links')} AS link_attributes`,
};

/** Attributes as a list of lists: key, type and value as text. */
function listOf(prefix: string, element = ''): string {
  const lists = TYPES.map((type) => {
    const list = `${prefix}${type}_attributes`;
    return `arrayMap((k, v) -> [k, '${type}', toString(v)], \`${list}.key\`${element}, \`${list}.value\`${element})`;
  });
  return `arrayConcat(${lists.join(', ')})`;
}

function listsOf(items: string): string {
  const first = items === 'events' ? 'events.name' : 'links.span_id';
  return `arrayMap(i -> ${listOf(`${items}.`, '[i]')}, arrayEnumerate(\`${first}\`))`;
}
