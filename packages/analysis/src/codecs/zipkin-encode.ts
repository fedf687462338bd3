import { firstText } from '../peer.ts';
import type { Attributes, AttributeValue, Span } from '../span.ts';
import { newBag } from './attribute-bag.ts';
import { textOfValue } from './jaeger-encode.ts';
import { tagsOf } from './span-tags.ts';

/** A span that `JSON.stringify` makes Zipkin's JSON of. */
export type ZipkinSpan = { readonly traceId: string; readonly id: string; readonly [field: string]: unknown };

/**
 * Makes Zipkin's JSON (v2) of spans, as the body of `POST /api/v2/spans`, by the mapping that OpenTelemetry specifies.
 * Lost: what is finer than a microsecond, links, flags, and the types of attributes, which all become text; attributes of
 * the resource become tags of each span. A server span whose client span is among them with the same id is `shared`.
 *
 * @see https://zipkin.io/zipkin-api/#/default/post_spans
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/
 */
export function encodeZipkinJson(spans: Iterable<Span>): ZipkinSpan[] {
  const all = [...spans];
  const callers = new Set(all.filter(({ kind }) => kind === 'client').map(fullId));
  return all.map((span) => spanJson(span, span.kind === 'server' && callers.has(fullId(span))));
}

const fullId = ({ traceId, spanId }: Span): string => `${traceId} ${spanId}`;

function spanJson(span: Span, shared: boolean): ZipkinSpan {
  const tags = tagsOf(span);
  if (span.status === 'error') tags.set('error', span.statusMessage ?? '');
  else {
    // Zipkin takes any span with this tag for a failed one.
    tags.delete('error');
    if (span.statusMessage !== undefined) tags.set('otel.status_description', span.statusMessage);
  }
  for (const [key, value] of Object.entries(span.resource.attributes)) {
    if (key !== 'service.name' && !tags.has(key)) tags.set(key, value);
  }
  const localEndpoint = takeEndpoint(tags, span.resource.service, 'network.local');
  const remoteEndpoint = takeEndpoint(tags, takePeer(tags, span), 'network.peer');
  const duration = span.endUnixNano - span.startUnixNano;
  return {
    // Ids of 64 bits, which came padded, are written as such.
    traceId: span.traceId.startsWith('0000000000000000') ? span.traceId.slice(16) : span.traceId,
    id: span.spanId,
    parentId: span.parentSpanId,
    name: span.name || undefined,
    kind: span.kind === 'internal' ? undefined : span.kind.toUpperCase(),
    timestamp: span.startUnixNano < 1000n ? undefined : Number(span.startUnixNano / 1000n),
    duration: duration > 0n ? Math.max(1, Number(duration / 1000n)) : undefined,
    shared: shared || undefined,
    localEndpoint,
    remoteEndpoint,
    annotations: span.events.length === 0 ? undefined : span.events.map(annotation),
    tags: tags.size === 0 ? undefined : textBag(tags),
  };
}

// What names the other side when it has not been named as a service, the best first, by OpenTelemetry's ranking.
const PEERS = ['server.address', 'net.peer.name', 'peer.hostname', 'db.name'];

// Without a remote service, Zipkin's dependencies end at a client.
function takePeer(tags: Map<string, AttributeValue>, { kind, attributes }: Span): string {
  const peer = tags.get('peer.service');
  if (typeof peer === 'string' && peer !== '') {
    tags.delete('peer.service');
    return peer;
  }
  if (kind !== 'client' && kind !== 'producer') return '';
  return firstText(attributes, ...PEERS) ?? '';
}

function takeEndpoint(tags: Map<string, AttributeValue>, service: string, prefix: string): object | undefined {
  const endpoint: { [field: string]: AttributeValue } = {};
  if (service !== '') endpoint.serviceName = service;
  const address = tags.get(`${prefix}.address`);
  const family = typeof address === 'string' ? familyOf(address) : undefined;
  if (family !== undefined && address !== undefined) {
    endpoint[family] = address;
    tags.delete(`${prefix}.address`);
  }
  const port = tags.get(`${prefix}.port`);
  if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65536) {
    endpoint.port = port;
    tags.delete(`${prefix}.port`);
  }
  return Object.keys(endpoint).length === 0 ? undefined : endpoint;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return 'ipv4';
  return /^[\da-fA-F:.]*:[\da-fA-F:.]*$/.test(address) ? 'ipv6' : undefined;
}

function annotation({ name, timeUnixNano, attributes }: Span['events'][number]): object {
  const value = Object.keys(attributes).length === 0 ? name : `${JSON.stringify(name)}: ${JSON.stringify(attributes)}`;
  return { timestamp: Number(timeUnixNano / 1000n), value };
}

function textBag(tags: ReadonlyMap<string, AttributeValue>): Attributes {
  const bag = newBag();
  for (const [key, value] of tags) bag[key] = textOfValue(value);
  return bag;
}
