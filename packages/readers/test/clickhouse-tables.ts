import type { Attributes, Span } from '@throughline/analysis';

/** The ways in which traces are stored in ClickHouse: the columns that `create` tables of, and the rows of spans. */
export type Layout = {
  readonly title: string;
  readonly table: string;
  create(database: string): string[];
  row(span: Span): object;
};

const moment = (unixNano: bigint) => {
  const text = `${unixNano}`;
  return `${text.slice(0, -9)}.${text.slice(-9)}`;
};
const named = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const isText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** As the exporter of the OpenTelemetry Collector has it (`traces_table.sql`, `traces_json_table.sql`). */
function collector(attributes: 'Map(LowCardinality(String), String)' | 'JSON', hasTimes: boolean): Layout {
  const plain = (own: Attributes) =>
    attributes === 'JSON' ? own : Object.fromEntries(Object.entries(own).map(([key, value]) => [key, isText(value)]));
  return {
    title: `the Collector's exporter with ${attributes === 'JSON' ? 'JSON' : 'Map'}`,
    table: 'otel_traces',
    create: (database) => [
      `CREATE TABLE ${database}.otel_traces (Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String,
        TraceState String, SpanName LowCardinality(String), SpanKind LowCardinality(String), ServiceName LowCardinality(String),
        ResourceAttributes ${attributes}, ScopeName String, ScopeVersion String, SpanAttributes ${attributes},
        Duration UInt64, StatusCode LowCardinality(String), StatusMessage String,
        Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes ${attributes}),
        Links Nested (TraceId String, SpanId String, TraceState String, Attributes ${attributes})
      ) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))`,
      ...(hasTimes
        ? [
            `CREATE TABLE ${database}.otel_traces_trace_id_ts (TraceId String, Start DateTime, End DateTime) ENGINE = MergeTree ORDER BY TraceId`,
            `CREATE MATERIALIZED VIEW ${database}.otel_traces_trace_id_ts_mv TO ${database}.otel_traces_trace_id_ts AS
              SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End FROM ${database}.otel_traces WHERE TraceId != '' GROUP BY TraceId`,
          ]
        : []),
    ],
    row: (span) => ({
      Timestamp: moment(span.startUnixNano),
      TraceId: span.traceId,
      SpanId: span.spanId,
      ParentSpanId: span.parentSpanId ?? '',
      TraceState: '',
      SpanName: span.name,
      SpanKind: named(span.kind),
      ServiceName: span.resource.service,
      ResourceAttributes: plain(span.resource.attributes),
      ScopeName: span.scope?.name ?? '',
      ScopeVersion: span.scope?.version ?? '',
      SpanAttributes: plain(span.attributes),
      Duration: `${span.endUnixNano - span.startUnixNano}`,
      StatusCode: named(span.status),
      StatusMessage: span.statusMessage ?? '',
      'Events.Timestamp': span.events.map(({ timeUnixNano }) => moment(timeUnixNano)),
      'Events.Name': span.events.map(({ name }) => name),
      'Events.Attributes': span.events.map((event) => plain(event.attributes)),
      'Links.TraceId': span.links.map(({ traceId }) => traceId),
      'Links.SpanId': span.links.map(({ spanId }) => spanId),
      'Links.TraceState': span.links.map(() => ''),
      'Links.Attributes': span.links.map((link) => plain(link.attributes)),
    }),
  };
}

const TYPES = { bool: 'Bool', double: 'Float64', int: 'Int64', str: 'String', complex: 'String' } as const;
type TypeName = keyof typeof TYPES;

/** As Jaeger has it (`create_spans_table.sql`, `to.go`). */
const jaeger: Layout = {
  title: 'Jaeger',
  table: 'spans',
  create: (database) => [
    `CREATE TABLE ${database}.spans (id String, trace_id String, trace_state String, parent_span_id String, name String,
      kind String, start_time DateTime64(9), status_code String, status_message String, duration Int64, ${lists('')},
      events Nested (name String, timestamp DateTime64(9), ${lists('')}),
      links Nested (trace_id String, span_id String, trace_state String, ${lists('')}),
      service_name String, ${lists('resource_')}, scope_name String, scope_version String, ${lists('scope_')}
    ) ENGINE = MergeTree PARTITION BY toDate(start_time) ORDER BY (service_name, name, toDateTime(start_time))`,
    `CREATE TABLE ${database}.trace_id_timestamps (trace_id String, start SimpleAggregateFunction(min, DateTime64(9)),
      end SimpleAggregateFunction(max, DateTime64(9))) ENGINE = AggregatingMergeTree ORDER BY trace_id`,
    `CREATE MATERIALIZED VIEW ${database}.trace_id_timestamps_mv TO ${database}.trace_id_timestamps AS
      SELECT trace_id, min(start_time) AS start, max(start_time) AS end FROM ${database}.spans GROUP BY trace_id`,
  ],
  row: (span) => ({
    id: span.spanId,
    trace_id: span.traceId,
    trace_state: '',
    parent_span_id: span.parentSpanId ?? '',
    name: span.name,
    kind: span.kind,
    start_time: moment(span.startUnixNano),
    status_code: named(span.status),
    status_message: span.statusMessage ?? '',
    duration: `${span.endUnixNano - span.startUnixNano}`,
    ...keysAndValues('', span.attributes),
    'events.name': span.events.map(({ name }) => name),
    'events.timestamp': span.events.map(({ timeUnixNano }) => moment(timeUnixNano)),
    ...nested('events.', span.events),
    'links.trace_id': span.links.map(({ traceId }) => traceId),
    'links.span_id': span.links.map(({ spanId }) => spanId),
    'links.trace_state': span.links.map(() => ''),
    ...nested('links.', span.links),
    service_name: span.resource.service,
    ...keysAndValues('resource_', span.resource.attributes),
    scope_name: span.scope?.name ?? '',
    scope_version: span.scope?.version ?? '',
  }),
};

function lists(prefix: string): string {
  const own = Object.entries(TYPES).map(
    ([name, type]) => `${prefix}${name}_attributes Nested (key String, value ${type})`,
  );
  return own.join(', ');
}

function typed(attributes: Attributes): [TypeName, string, unknown][] {
  return Object.entries(attributes).map(([key, value]) => {
    if (typeof value === 'boolean') return ['bool', key, value];
    if (typeof value === 'number') return [Number.isInteger(value) ? 'int' : 'double', key, value];
    if (typeof value === 'string') return ['str', key, value];
    const values = (Array.isArray(value) ? value : []).map((item) => ({ stringValue: item }));
    return ['complex', `@slice@${key}`, JSON.stringify({ arrayValue: { values } })];
  });
}

function keysAndValues(prefix: string, attributes: Attributes): object {
  const all = typed(attributes);
  const entries = Object.keys(TYPES).flatMap((name) => {
    const own = all.filter(([type]) => type === name);
    return [
      [`${prefix}${name}_attributes.key`, own.map(([, key]) => key)],
      [`${prefix}${name}_attributes.value`, own.map(([, , value]) => value)],
    ];
  });
  return Object.fromEntries(entries);
}

function nested(prefix: string, items: readonly { readonly attributes: Attributes }[]): object {
  return Object.fromEntries(
    Object.keys(TYPES).map((name) => [
      `${prefix}${name}_attributes`,
      items.map(({ attributes }) =>
        typed(attributes)
          .filter(([type]) => type === name)
          .map(([, key, value]) => ({ key, value })),
      ),
    ]),
  );
}

export const LAYOUTS: readonly Layout[] = [
  collector('Map(LowCardinality(String), String)', true),
  collector('JSON', false),
  jaeger,
];
