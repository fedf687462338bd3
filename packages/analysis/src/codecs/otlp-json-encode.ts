import type { AttributeValue, Span } from '../span.ts';
import { isInteger, KINDS, STATUSES } from './otlp-names.ts';
import { groupSpans, resourceEntries } from './span-groups.ts';

/** An object that `JSON.stringify` makes OTLP JSON of. */
export type OtlpJson = { readonly resourceSpans: readonly object[] };

/**
 * Makes OTLP JSON of spans, as the body of `POST /v1/traces` or the content of a file: ids are hexadecimal, enums are
 * numbers, times and integers are texts. Numbers without a fraction become integers; what came as bytes is text.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function encodeOtlpJson(spans: Iterable<Span>): OtlpJson {
  return {
    resourceSpans: groupSpans(spans).map(({ resource, scopes }) => ({
      resource: { attributes: keyValues(resourceEntries(resource)) },
      scopeSpans: scopes.map(({ scope, spans: own }) => ({ scope: scope ?? {}, spans: own.map(spanJson) })),
    })),
  };
}

/** Makes the answer of Jaeger's `GET /api/v3/traces/{id}`: OTLP JSON in a `result`. */
export function encodeJaegerV3Json(spans: Iterable<Span>): { readonly result: OtlpJson } {
  return { result: encodeOtlpJson(spans) };
}

// JSON.stringify leaves out what is undefined.
function spanJson(span: Span): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    traceState: span.traceState,
    parentSpanId: span.parentSpanId,
    flags: span.flags,
    name: span.name,
    kind: KINDS.lastIndexOf(span.kind),
    startTimeUnixNano: `${span.startUnixNano}`,
    endTimeUnixNano: `${span.endUnixNano}`,
    attributes: keyValues(Object.entries(span.attributes)),
    droppedAttributesCount: span.droppedAttributes,
    events: span.events.map(({ name, timeUnixNano, attributes }) => ({
      timeUnixNano: `${timeUnixNano}`,
      name,
      attributes: keyValues(Object.entries(attributes)),
    })),
    droppedEventsCount: span.droppedEvents,
    links: span.links.map(({ attributes, ...link }) => ({
      ...link,
      attributes: keyValues(Object.entries(attributes)),
    })),
    droppedLinksCount: span.droppedLinks,
    status: { code: STATUSES.indexOf(span.status) || undefined, message: span.statusMessage },
  };
}

function keyValues(entries: readonly (readonly [string, AttributeValue])[]): object[] {
  return entries.map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    if (isInteger(value)) return { intValue: `${value}` };
    // JSON has no such numbers; protobuf's JSON writes them as text.
    return { doubleValue: Number.isFinite(value) ? value : `${value}` };
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (value === null) return {};
  return { kvlistValue: { values: keyValues(Object.entries(value)) } };
}
