import type { Resource, Scope, Span, SpanEvent, SpanLink } from '../span.ts';
import { type AttributeBag, newBag } from './attribute-bag.ts';
import { readAttributeRun } from './attribute-runs.ts';
import { KINDS, STATUSES, someParent } from './otlp-names.ts';
import { readGroups } from './otlp-protobuf-groups.ts';
import { readAttribute, readId } from './otlp-protobuf-values.ts';
import type { ProtobufReader } from './protobuf-reader.ts';

const NO_EVENTS: readonly SpanEvent[] = [];
const NO_LINKS: readonly SpanLink[] = [];

/**
 * Reads the spans of an OTLP `ExportTraceServiceRequest` or `TracesData` in protobuf.
 *
 * Not kept: schema URLs, attributes of scopes, and of events and links the number of dropped attributes and the flags.
 *
 * @throws {TraceFormatError} if the bytes are not protobuf; fields that OTLP does not have are passed over.
 * @see https://opentelemetry.io/docs/specs/otlp/
 */
export function decodeOtlpProtobuf(bytes: Uint8Array): Span[] {
  const spans: Span[] = [];
  visitOtlpProtobuf(bytes, (span) => spans.push(span));
  return spans;
}

/**
 * Calls back with each span that {@link decodeOtlpProtobuf} would return, without a list of all. Spans of one resource
 * come in one run and share its object, and so do those of a scope; spans whose attributes are of the same bytes
 * may share these. Spans before a flaw of the data have been visited when it throws.
 */
export function visitOtlpProtobuf(bytes: Uint8Array, visit: (span: Span) => void): void {
  readGroups(bytes, (reader, resource, scope) => visit(readSpan(reader, resource, scope)));
}

function readSpan(reader: ProtobufReader, resource: Resource, scope: Scope | undefined): Span {
  let traceId = '';
  let spanId = '';
  let parentSpanId = '';
  let traceState: string | undefined;
  let flags: number | undefined;
  let name = '';
  let kind = 0;
  let startUnixNano = 0n;
  let endUnixNano = 0n;
  let status = 0;
  let statusMessage: string | undefined;
  let attributes: AttributeBag | undefined;
  let more: AttributeBag | undefined;
  let events: SpanEvent[] | undefined;
  let links: SpanLink[] | undefined;
  let droppedAttributes: number | undefined;
  let droppedEvents: number | undefined;
  let droppedLinks: number | undefined;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case 0x0a: // trace_id = 1
        traceId = readId(reader, 16);
        break;
      case 0x12: // span_id = 2
        spanId = readId(reader, 8);
        break;
      case 0x1a: // trace_state = 3
        traceState = reader.string() || undefined;
        break;
      case 0x22: // parent_span_id = 4
        parentSpanId = readId(reader, 8);
        break;
      case 0x2a: // name = 5
        name = reader.string();
        break;
      case 0x30: // kind = 6
        kind = reader.varint();
        break;
      case 0x39: // start_time_unix_nano = 7
        startUnixNano = reader.fixed64();
        break;
      case 0x41: // end_time_unix_nano = 8
        endUnixNano = reader.fixed64();
        break;
      case 0x4a: // attributes = 9
        if (attributes === undefined) attributes = readAttributeRun(reader);
        else {
          // They need not stand together.
          more ??= Object.assign(newBag(), attributes);
          readAttribute(reader, more);
        }
        break;
      case 0x50: // dropped_attributes_count = 10
        droppedAttributes = reader.varint() || undefined;
        break;
      case 0x5a: // events = 11
        events ??= [];
        events.push(readEvent(reader));
        break;
      case 0x60: // dropped_events_count = 12
        droppedEvents = reader.varint() || undefined;
        break;
      case 0x6a: // links = 13
        links ??= [];
        links.push(readLink(reader));
        break;
      case 0x70: // dropped_links_count = 14
        droppedLinks = reader.varint() || undefined;
        break;
      case 0x7a: // status = 15
        reader.message((field) => {
          if (field === 0x12) statusMessage = reader.string() || undefined;
          else if (field === 0x18) status = reader.varint();
          else reader.skip(field);
        });
        break;
      case 0x85: // flags = 16
        flags = reader.fixed32() || undefined;
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.leave(outer);
  // All fields in one literal, so that all spans have one shape.
  return {
    traceId,
    spanId,
    parentSpanId: someParent(parentSpanId),
    traceState,
    flags,
    name,
    kind: KINDS[kind] ?? 'internal',
    startUnixNano,
    endUnixNano,
    status: STATUSES[status] ?? 'unset',
    statusMessage,
    attributes: more ?? attributes ?? newBag(),
    events: events ?? NO_EVENTS,
    links: links ?? NO_LINKS,
    resource,
    scope,
    droppedAttributes,
    droppedEvents,
    droppedLinks,
  };
}

function readEvent(reader: ProtobufReader): SpanEvent {
  let timeUnixNano = 0n;
  let name = '';
  const attributes = newBag();
  reader.message((tag) => {
    if (tag === 0x09) timeUnixNano = reader.fixed64();
    else if (tag === 0x12) name = reader.string();
    else if (tag === 0x1a) readAttribute(reader, attributes);
    else reader.skip(tag);
  });
  return { name, timeUnixNano, attributes };
}

function readLink(reader: ProtobufReader): SpanLink {
  let traceId = '';
  let spanId = '';
  let traceState: string | undefined;
  const attributes = newBag();
  reader.message((tag) => {
    if (tag === 0x0a) traceId = readId(reader, 16);
    else if (tag === 0x12) spanId = readId(reader, 8);
    else if (tag === 0x1a) traceState = reader.string() || undefined;
    else if (tag === 0x22) readAttribute(reader, attributes);
    else reader.skip(tag);
  });
  return { traceId, spanId, traceState, attributes };
}
