import type { Attributes, AttributeValue, Span, SpanEvent, SpanLink } from '../span.ts';
import { isInteger, KINDS, STATUSES } from './otlp-names.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { groupSpans, resourceEntries } from './span-groups.ts';

/**
 * Writes spans as an OTLP `ExportTraceServiceRequest`, which is also a `TracesData`, in protobuf. Numbers without a
 * fraction become integers; what came as bytes is text.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/
 */
export function encodeOtlpProtobuf(spans: Iterable<Span>): Uint8Array {
  const writer = new ProtobufWriter();
  // Last to first, as the writer goes backwards.
  for (const { resource, scopes } of groupSpans(spans).reverse()) {
    writer.message(1, () => {
      for (const { scope, spans: own } of scopes.toReversed()) {
        writer.message(2, () => {
          for (let index = own.length - 1; index >= 0; index--) writeSpan(writer, own[index] as Span);
          if (scope === undefined) return;
          writer.message(1, () => {
            writer.string(2, scope.version);
            writer.string(1, scope.name);
          });
        });
      }
      writer.message(1, () => writeAttributes(writer, 1, resourceEntries(resource)));
    });
  }
  return writer.finish();
}

function writeSpan(writer: ProtobufWriter, span: Span): void {
  writer.message(2, () => {
    writer.fixed32(16, span.flags);
    if (span.status !== 'unset' || span.statusMessage !== undefined) {
      writer.message(15, () => {
        writer.uint32(3, STATUSES.indexOf(span.status));
        writer.string(2, span.statusMessage);
      });
    }
    writer.uint32(14, span.droppedLinks);
    for (const link of span.links.toReversed()) writeLink(writer, link);
    writer.uint32(12, span.droppedEvents);
    for (const event of span.events.toReversed()) writeEvent(writer, event);
    writer.uint32(10, span.droppedAttributes);
    writeAttributes(writer, 9, entriesOf(span.attributes));
    writer.fixed64(8, span.endUnixNano);
    writer.fixed64(7, span.startUnixNano);
    writer.uint32(6, KINDS.lastIndexOf(span.kind));
    writer.string(5, span.name);
    writer.id(4, span.parentSpanId);
    writer.string(3, span.traceState);
    writer.id(2, span.spanId);
    writer.id(1, span.traceId);
  });
}

function writeEvent(writer: ProtobufWriter, { name, timeUnixNano, attributes }: SpanEvent): void {
  writer.message(11, () => {
    writeAttributes(writer, 3, entriesOf(attributes));
    writer.string(2, name);
    writer.fixed64(1, timeUnixNano);
  });
}

function writeLink(writer: ProtobufWriter, { traceId, spanId, traceState, attributes }: SpanLink): void {
  writer.message(13, () => {
    writeAttributes(writer, 4, entriesOf(attributes));
    writer.string(3, traceState);
    writer.id(2, spanId);
    writer.id(1, traceId);
  });
}

const entriesOf = (attributes: Attributes): [string, AttributeValue][] => Object.entries(attributes);

function writeAttributes(writer: ProtobufWriter, field: number, entries: [string, AttributeValue][]): void {
  for (const [key, value] of entries.reverse()) {
    writer.message(field, () => {
      writer.message(2, () => writeValue(writer, value));
      writer.string(1, key);
    });
  }
}

// The fields of an AnyValue; none is its null.
function writeValue(writer: ProtobufWriter, value: AttributeValue): void {
  if (typeof value === 'string') writer.text(1, value);
  else if (typeof value === 'boolean') writer.int64(2, value ? 1 : 0);
  else if (typeof value === 'number') {
    if (isInteger(value)) writer.int64(3, value);
    else writer.double(4, value);
  } else if (Array.isArray(value)) {
    writer.message(5, () => {
      for (const item of value.toReversed()) writer.message(1, () => writeValue(writer, item));
    });
  } else if (value !== null) writer.message(6, () => writeAttributes(writer, 1, Object.entries(value)));
}
