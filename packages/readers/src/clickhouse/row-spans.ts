import { decodeOtlpJson, type Span } from '@throughline/analysis';
import { fieldsOf, itemsOf, textOf } from '../json-answer.ts';
import type { Row } from './clickhouse-client.ts';

/** The spans of rows, by way of OTLP JSON. */
export function rowSpans(rows: readonly Row[]): Span[] {
  const resources = new Map<string, { service: string; attributes: unknown; rows: Row[] }>();
  for (const row of rows) {
    const service = textOf(row.service);
    const key = `${service}\n${JSON.stringify(row.resource)}`;
    const resource = resources.get(key) ?? { service, attributes: row.resource, rows: [] };
    resource.rows.push(row);
    resources.set(key, resource);
  }
  return decodeOtlpJson({
    resourceSpans: [...resources.values()].map(({ service, attributes, rows: own }) => {
      const named = { key: 'service.name', value: { stringValue: service } };
      const others = keyValues(attributes).filter(({ key }) => key !== named.key);
      return {
        resource: { attributes: service === '' ? others : [named, ...others] },
        scopeSpans: own.map((row) => ({
          scope: { name: row.scope_name, version: row.scope_version },
          spans: [spanJson(row)],
        })),
      };
    }),
  });
}

function spanJson(row: Row): object {
  const start = BigInt(textOf(row.start) || 0);
  return {
    traceId: row.trace_id,
    spanId: row.span_id,
    parentSpanId: row.parent_id,
    traceState: row.trace_state,
    name: row.name,
    kind: `SPAN_KIND_${enumName(row.kind, 'SPAN_KIND_')}`,
    startTimeUnixNano: `${start}`,
    endTimeUnixNano: `${start + BigInt(textOf(row.duration) || 0)}`,
    status: { code: `STATUS_CODE_${enumName(row.status, 'STATUS_CODE_')}`, message: row.status_message },
    attributes: keyValues(row.attributes),
    events: itemsOf(row.event_names).map((name, at) => ({
      name,
      timeUnixNano: itemsOf(row.event_times)[at],
      attributes: keyValues(itemsOf(row.event_attributes)[at]),
    })),
    links: itemsOf(row.link_span_ids).map((spanId, at) => ({
      traceId: itemsOf(row.link_trace_ids)[at],
      spanId,
      traceState: itemsOf(row.link_trace_states)[at],
      attributes: keyValues(itemsOf(row.link_attributes)[at]),
    })),
  };
}

// `Server`, `server` and `SPAN_KIND_SERVER` are the same, by release.
function enumName(value: unknown, prefix: string): string {
  return textOf(value).toUpperCase().replace(prefix, '');
}

type KeyValue = { readonly key: string; readonly value: unknown };

// Either a map of keys, in which JSON makes objects of the dots, or Jaeger's list of keys, types and texts.
function keyValues(attributes: unknown): KeyValue[] {
  if (Array.isArray(attributes)) return attributes.map((item) => typedValue(itemsOf(item).map(textOf)));
  const found: KeyValue[] = [];
  const open: [string, unknown][] = Object.entries(fieldsOf(attributes));
  for (let entry = open.shift(); entry !== undefined; entry = open.shift()) {
    const [key, value] = entry;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      open.unshift(...Object.entries(value).map(([inner, own]): [string, unknown] => [`${key}.${inner}`, own]));
    else found.push({ key, value: anyValue(value) });
  }
  return found;
}

function typedValue([key = '', type, text = '']: string[]): KeyValue {
  if (type === 'int') return { key, value: { intValue: text } };
  if (type === 'double') return { key, value: { doubleValue: Number(text) } };
  if (type === 'bool') return { key, value: { boolValue: text === 'true' } };
  const [, form, name] = /^@(bytes|slice|map)@(.*)$/s.exec(key) ?? [];
  if (type !== 'complex' || name === undefined) return { key, value: { stringValue: text } };
  return { key: name, value: form === 'bytes' ? { bytesValue: text } : jsonOr(text) };
}

// Lists and maps are stored as OTLP JSON.
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { stringValue: text };
  }
}

function anyValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: `${value}` } : { doubleValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return value === null ? {} : { stringValue: textOf(value) };
}
