import type { Resource, Scope, Span } from '../span.ts';
import {
  type Fields,
  fieldsOf,
  firstOf,
  isObject,
  listOf,
  parseJson,
  someCount,
  someText,
  textOf,
  timeOf,
} from './json-fields.ts';
import { itemsOf } from './otlp-json-groups.ts';
import { attributesFrom, enumFrom, idFrom } from './otlp-json-values.ts';
import { KINDS, STATUSES, someParent } from './otlp-names.ts';
import { TraceFormatError } from './trace-format-error.ts';

/**
 * Reads the spans of OTLP JSON, given as text or parsed: `{"resourceSpans": […]}`, also within the `result` of Jaeger's
 * `/api/v3/traces` and the `trace` or `batches` of Tempo's `/api/traces`. From text, times are exact to the nanosecond
 * also when they were written as numbers. A field that is not of its type counts as missing.
 *
 * Not kept: schema URLs, attributes of scopes, and of events and links the number of dropped attributes and the flags.
 *
 * @throws {TraceFormatError} if it is not JSON, or not of this structure.
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function decodeOtlpJson(json: unknown): Span[] {
  const groups = resourceSpansOf(parseJson(json));
  return itemsOf(groups, ['scopeSpans', 'instrumentationLibrarySpans'], 'spans', spanFrom);
}

/** Whether parsed JSON is what {@link decodeOtlpJson} reads. */
export function isOtlpJson(json: unknown): boolean {
  return resourceSpansIn(json) !== undefined;
}

function resourceSpansOf(json: unknown): unknown {
  const resourceSpans = resourceSpansIn(json);
  if (resourceSpans === undefined) throw new TraceFormatError('Expected OTLP JSON: an object with "resourceSpans".');
  return resourceSpans;
}

function resourceSpansIn(json: unknown): unknown {
  if (!isObject(json)) return undefined;
  const inner = firstOf(json, 'result', 'trace');
  return (
    firstOf(json, 'resourceSpans', 'batches') ??
    (isObject(inner) ? firstOf(inner, 'resourceSpans', 'batches') : undefined)
  );
}

function spanFrom(span: Fields, resource: Resource, scope: Scope | undefined): Span {
  const status = fieldsOf(span.status, 'the status of a span');
  return {
    traceId: idFrom(span.traceId, 32),
    spanId: idFrom(span.spanId, 16),
    parentSpanId: someParent(idFrom(span.parentSpanId, 16)),
    traceState: someText(span.traceState),
    flags: someCount(span.flags),
    name: textOf(span.name),
    kind: enumFrom(span.kind, KINDS, 'SPAN_KIND_'),
    startUnixNano: timeOf(span.startTimeUnixNano),
    endUnixNano: timeOf(span.endTimeUnixNano),
    status: enumFrom(status.code, STATUSES, 'STATUS_CODE_'),
    statusMessage: someText(status.message),
    attributes: attributesFrom(span.attributes),
    events: listOf(span.events, 'events').map((item) => {
      const event = fieldsOf(item, 'an event');
      const attributes = attributesFrom(event.attributes);
      return { name: textOf(event.name), timeUnixNano: timeOf(event.timeUnixNano), attributes };
    }),
    links: listOf(span.links, 'links').map((item) => {
      const link = fieldsOf(item, 'a link');
      return {
        traceId: idFrom(link.traceId, 32),
        spanId: idFrom(link.spanId, 16),
        traceState: someText(link.traceState),
        attributes: attributesFrom(link.attributes),
      };
    }),
    resource,
    scope,
    droppedAttributes: someCount(span.droppedAttributesCount),
    droppedEvents: someCount(span.droppedEventsCount),
    droppedLinks: someCount(span.droppedLinksCount),
  };
}
