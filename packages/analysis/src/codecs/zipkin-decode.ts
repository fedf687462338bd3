import { getOrMake } from '../collections.ts';
import type { AttributeValue, Resource, Span, SpanEvent } from '../span.ts';
import { type AttributeBag, newBag } from './attribute-bag.ts';
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
import { KINDS, MAX_DEPTH, resourceOfService, someParent } from './otlp-names.ts';
import { fieldsFromTags, type TaggedFields } from './span-tags.ts';
import { TraceFormatError } from './trace-format-error.ts';

/**
 * Reads the spans of Zipkin's JSON (v2), given as text or parsed: the list of `POST /api/v2/spans` and
 * `GET /api/v2/trace/{id}`, or the list of lists of `GET /api/v2/traces`. Times are whole microseconds there, tags are
 * text. The halves of a shared span keep its one id; `buildTrace` tells them apart by their kind.
 *
 * Endpoints become `network.local.*`, `network.peer.*` and `peer.service`. Not kept: `debug`, and a second address of an
 * endpoint.
 *
 * @throws {TraceFormatError} if it is not JSON, or not of this structure.
 * @see https://zipkin.io/zipkin-api/#/default/post_spans
 */
export function decodeZipkinJson(json: unknown): Span[] {
  const parsed = parseJson(json);
  if (!Array.isArray(parsed)) throw new TraceFormatError('Expected Zipkin JSON: a list of spans.');
  const resources = new Map<string, Resource>();
  return parsed.flat().map((value) => spanFrom(fieldsOf(value, 'a span'), resources));
}

/** Whether parsed JSON is one span of Zipkin. */
export function isZipkinSpan(json: unknown): boolean {
  return isObject(json) && typeof json.traceId === 'string' && typeof json.id === 'string';
}

function spanFrom(span: Fields, resources: Map<string, Resource>): Span {
  const local = fieldsOf(span.localEndpoint, 'localEndpoint');
  const remote = fieldsOf(span.remoteEndpoint, 'remoteEndpoint');
  const tags = Object.entries(fieldsOf(span.tags, 'tags')).map(([key, value]): [string, AttributeValue] => [
    key,
    textIn(value),
  ]);
  const tagged = fieldsFromTags(tags);
  const { attributes, status, statusMessage } = tagged;
  const kind = KINDS.find((name) => name !== 'internal' && name.toUpperCase() === span.kind) ?? tagged.kind;
  if (textOf(remote.serviceName) !== '') attributes['peer.service'] ??= textOf(remote.serviceName);
  addAddress(attributes, 'network.peer', remote);
  addAddress(attributes, 'network.local', local);
  const spanId = hexIdOf(span.id, 16);
  const parent = hexIdOf(span.parentId, 16);
  const start = timeOfMicros(span.timestamp);
  return {
    ...tagged,
    ...failureIn(attributes, status, statusMessage),
    traceId: hexIdOf(span.traceId, 32),
    spanId,
    // Old tracers make a root its own parent.
    parentSpanId: parent === spanId ? undefined : someParent(parent),
    flags: undefined,
    name: textOf(span.name),
    kind,
    startUnixNano: start,
    endUnixNano: start + timeOfMicros(span.duration),
    events: listOf(span.annotations, 'annotations').map(eventFrom),
    links: [],
    resource: resourceOf(textOf(local.serviceName), resources),
  };
}

// Any error tag says that the span failed, and its text why; OpenTelemetry's own status comes with it, or alone.
function failureIn(
  attributes: AttributeBag,
  status: TaggedFields['status'],
  statusMessage: string | undefined,
): Pick<Span, 'status' | 'statusMessage'> {
  const { error } = attributes;
  if (typeof error !== 'string' || (status === 'unset' && error === 'false')) return { status, statusMessage };
  delete attributes.error;
  return { status: 'error', statusMessage: error === '' ? statusMessage : error };
}

function addAddress(attributes: AttributeBag, prefix: string, { ipv4, ipv6, port }: Fields): void {
  const address = textOf(ipv4) || textOf(ipv6);
  if (address !== '') attributes[`${prefix}.address`] ??= address;
  if (typeof port === 'number' && port > 0) attributes[`${prefix}.port`] ??= port;
}

function resourceOf(service: string, resources: Map<string, Resource>): Resource {
  return getOrMake(resources, service, () => resourceOfService(service));
}

// OpenTelemetry writes an event with attributes as "name": {"key": "value"}.
function eventFrom(annotation: unknown): SpanEvent {
  const { timestamp, value } = fieldsOf(annotation, 'an annotation');
  const text = textOf(value);
  const timeUnixNano = timeOfMicros(timestamp);
  if (text.startsWith('"') && text.endsWith('}')) {
    try {
      const [[name, fields] = ['', undefined]] = Object.entries(JSON.parse(`{${text}}`));
      if (isObject(fields)) return { name, timeUnixNano, attributes: bagOf(fields, 0) };
    } catch {
      // It is a text that looks like it.
    }
  }
  return { name: text, timeUnixNano, attributes: newBag() };
}

function bagOf(fields: Fields, depth: number): AttributeBag {
  const bag = newBag();
  for (const [key, value] of Object.entries(fields)) bag[key] = attributeOf(value, depth);
  return bag;
}

function attributeOf(value: unknown, depth: number): AttributeValue {
  if (depth > MAX_DEPTH) throw new TraceFormatError(`Expected values of at most ${MAX_DEPTH} levels.`);
  if (Array.isArray(value)) return value.map((item) => attributeOf(item, depth + 1));
  return isObject(value) ? bagOf(value, depth + 1) : (value as AttributeValue);
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : jsonOf(value);
}
