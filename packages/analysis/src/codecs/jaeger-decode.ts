import { getOrMake } from '../collections.ts';
import type { AttributeValue, Resource, Span, SpanEvent, SpanLink } from '../span.ts';
import { newBag } from './attribute-bag.ts';
import {
  type Fields,
  fieldsOf,
  hexIdOf,
  isObject,
  jsonOf,
  listOf,
  parseJson,
  textOf,
  timeOfMicros,
} from './json-fields.ts';
import { doubleFrom, integerFrom } from './otlp-json-values.ts';
import { resourceOfService, someParent } from './otlp-names.ts';
import { fieldsFromTags } from './span-tags.ts';
import { TraceFormatError } from './trace-format-error.ts';

/**
 * Reads the spans of Jaeger's JSON (v1), given as text or parsed: the answer of `/api/traces` (`{"data": […]}`), what its
 * UI saves, or one trace of it. Times are whole microseconds there. The parent is the first `CHILD_OF` reference within
 * the trace, else the first `FOLLOWS_FROM`; the others are links. For v3 see `decodeOtlpJson`.
 *
 * @throws {TraceFormatError} if it is not JSON, not of this structure, or an error that Jaeger answered.
 * @see https://www.jaegertracing.io/docs/latest/architecture/apis/
 */
export function decodeJaegerJson(json: unknown): Span[] {
  const resources = new Map<string, Resource>();
  const spans: Span[] = [];
  for (const item of tracesOf(parseJson(json))) {
    const trace = fieldsOf(item, 'a trace');
    const processes = fieldsOf(trace.processes, 'processes');
    const ownResources = new Map<unknown, Resource>();
    for (const value of listOf(trace.spans, 'spans')) {
      const span = fieldsOf(value, 'a span');
      const id = textOf(span.processID);
      const process = span.process ?? (Object.hasOwn(processes, id) ? processes[id] : undefined);
      // Traces repeat their processes, whose spans then share one resource all the same.
      const resource = getOrMake(ownResources, process, () =>
        getOrMake(resources, jsonOf(process ?? null), () => resourceFrom(fieldsOf(process, 'a process'))),
      );
      spans.push(spanFrom(span, resource));
    }
  }
  return spans;
}

/** Whether parsed JSON is what {@link decodeJaegerJson} reads. */
export function isJaegerJson(json: unknown): boolean {
  if (!isObject(json)) return Array.isArray(json) && json.length > 0 && isObject(json[0]) && isTrace(json[0]);
  return isTrace(json) || Array.isArray(json.data) || (json.data === null && Array.isArray(json.errors));
}

const isTrace = (trace: Fields): boolean => Array.isArray(trace.spans) && ('processes' in trace || 'traceID' in trace);

function tracesOf(json: unknown): readonly unknown[] {
  if (!isJaegerJson(json))
    throw new TraceFormatError('Expected Jaeger JSON: an object with "data", or "spans" and "processes".');
  if (Array.isArray(json)) return json;
  const answer = fieldsOf(json, 'Jaeger JSON');
  if (Array.isArray(answer.spans)) return [answer];
  const [error] = listOf(answer.errors, 'errors');
  if (answer.data === null && error !== undefined) {
    throw new TraceFormatError(`Expected traces; Jaeger answered: ${textOf(fieldsOf(error, 'an error').msg)}`);
  }
  return listOf(answer.data, 'data');
}

function resourceFrom({ serviceName, tags }: Fields): Resource {
  const resource = resourceOfService(textOf(serviceName));
  for (const [key, value] of listOf(tags, 'tags').map(tagFrom)) resource.attributes[key] = value;
  return resource;
}

function spanFrom(span: Fields, resource: Resource): Span {
  const traceId = hexIdOf(span.traceID, 32);
  const references = listOf(span.references, 'references').map(referenceFrom);
  const own = references.filter((reference) => reference.traceId === traceId);
  const parent = own.find(({ isChild }) => isChild) ?? own[0];
  const tags = listOf(span.tags, 'tags').map(tagFrom);
  const start = timeOfMicros(span.startTime);
  return {
    ...fieldsFromTags(tags),
    traceId,
    spanId: hexIdOf(span.spanID, 16),
    parentSpanId: someParent(parent?.spanId ?? hexIdOf(span.parentSpanID, 16)),
    // Of Jaeger's flags the lowest means the same as in W3C's, sampled.
    flags: typeof span.flags === 'number' ? span.flags & 1 || undefined : undefined,
    name: textOf(span.operationName),
    startUnixNano: start,
    endUnixNano: start + timeOfMicros(span.duration),
    events: listOf(span.logs, 'logs').map(eventFrom),
    links: references.filter((reference) => reference !== parent || !reference.isChild).map(linkFrom),
    resource,
  };
}

type Reference = { readonly isChild: boolean; readonly traceId: string; readonly spanId: string };

function referenceFrom(value: unknown): Reference {
  const { refType, traceID, spanID } = fieldsOf(value, 'a reference');
  return { isChild: refType !== 'FOLLOWS_FROM', traceId: hexIdOf(traceID, 32), spanId: hexIdOf(spanID, 16) };
}

function linkFrom({ isChild, traceId, spanId }: Reference): SpanLink {
  const attributes = newBag();
  if (isChild) attributes['opentracing.ref_type'] = 'child_of';
  return { traceId, spanId, traceState: undefined, attributes };
}

function eventFrom(value: unknown): SpanEvent {
  const { timestamp, fields } = fieldsOf(value, 'a log');
  const attributes = newBag();
  let name = '';
  for (const [key, field] of listOf(fields, 'fields').map(tagFrom)) {
    if (key === 'event' && typeof field === 'string') name = field;
    else attributes[key] = field;
  }
  return { name, timeUnixNano: timeOfMicros(timestamp), attributes };
}

function tagFrom(tag: unknown): [string, AttributeValue] {
  const { key, type, value } = fieldsOf(tag, 'a tag');
  return [textOf(key), tagValueFrom(type, value)];
}

// Jaeger writes integers beyond 2^53 as text, and its Elasticsearch storage all values.
function tagValueFrom(type: unknown, value: unknown): AttributeValue {
  if (type === 'bool' && typeof value === 'string') return value === 'true';
  if (type === 'int64') return integerFrom(value);
  if (type === 'float64') return doubleFrom(value);
  return typeof value === 'object' && value !== null ? jsonOf(value) : ((value as AttributeValue | undefined) ?? null);
}
