import type { AttributeValue, SpanStatus, TraceState } from '@opentelemetry/api';
import type { TraceId } from '@throughline/sampling';
import type { AttributeList } from './attribute-list.ts';
import { encodedName } from './attribute-memo.ts';
import type { ByteWriter } from './byte-writer.ts';
import { writeHexId, writeSpanId, writeTraceId } from './id-bytes.ts';
import type { RecordedSpan } from './recorded-span.ts';
import type { RecordedEvent, RecordedLink } from './span-parts.ts';

// Tags are `field << 3 | wire type`: 0 varint, 1 fixed64, 2 length-delimited, 5 fixed32.
const SPAN = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  parentId: 0x22,
  name: 0x2a,
  kind: 0x30,
  start: 0x39,
  end: 0x41,
  attribute: 0x4a,
  droppedAttributes: 0x50,
  event: 0x5a,
  droppedEvents: 0x60,
  link: 0x6a,
  droppedLinks: 0x70,
  status: 0x7a,
} as const;
const EVENT = { time: 0x09, name: 0x12, attribute: 0x1a, droppedAttributes: 0x20 } as const;
const LINK = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  attribute: 0x22,
  droppedAttributes: 0x28,
  flags: 0x35,
} as const;
const VALUE = { text: 0x0a, boolean: 0x10, integer: 0x18, double: 0x21, array: 0x2a } as const;
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;
const INT64_END = 2 ** 63;

/** What `writeSpanBody` writes of a span. */
export type SpanBody = Pick<
  RecordedSpan,
  | 'idHigh'
  | 'idLow'
  | 'parentHigh'
  | 'parentLow'
  | 'name'
  | 'kind'
  | 'startMillis'
  | 'startNanos'
  | 'endMillis'
  | 'endNanos'
  | 'attributeList'
  | 'events'
  | 'droppedEvents'
  | 'links'
  | 'droppedLinks'
> & { readonly status: SpanStatus };

/**
 * Writes a span as one `spans` element of an OTLP `ScopeSpans` message. What is zero or empty is left out, as proto3
 * does.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
export function writeSpan(writer: ByteWriter, span: RecordedSpan): void {
  writer.byte(0x12);
  const start = writer.openLong();
  writeSpanBody(writer, span);
  const isRemote = span.parentSpanContext?.isRemote === true;
  writeSpanEnd(writer, span.trace, textOf(span.traceState), span.traceFlags, isRemote);
  writer.closeLong(start);
}

let lastState: TraceState | undefined;
let lastStateText = '';

/** A trace state as text. All spans of a trace share one, and those that begin here share it with other traces. */
export function textOf(traceState: TraceState | undefined): string {
  if (traceState === undefined) return '';
  if (traceState !== lastState) {
    lastStateText = traceState.serialize();
    lastState = traceState;
  }
  return lastStateText;
}

/** Writes what a span that was written by `writeSpanBody` lacks, because it may change after its end. */
export function writeSpanEnd(
  writer: ByteWriter,
  traceId: TraceId,
  traceState: string,
  traceFlags: number,
  isParentRemote: boolean,
): void {
  writeTraceId(writer, SPAN.traceId, traceId);
  writeText(writer, SPAN.traceState, traceState);
  writer.byte(0x85); // field 16, flags: the tag takes two bytes
  writer.byte(0x01);
  writer.fixed32(flagsOf(traceFlags, isParentRemote));
}

/** Writes an attribute of a span. */
export function writeSpanAttribute(writer: ByteWriter, name: string, value: AttributeValue): void {
  writeAttribute(writer, SPAN.attribute, name, value);
}

/** Writes the fields of a span, without its trace id, its trace state and its flags. */
export function writeSpanBody(writer: ByteWriter, span: SpanBody): void {
  writeSpanId(writer, SPAN.spanId, span.idHigh, span.idLow);
  if ((span.parentHigh | span.parentLow) !== 0) writeSpanId(writer, SPAN.parentId, span.parentHigh, span.parentLow);
  writer.byte(SPAN.start);
  writer.nanoseconds(span.startMillis, span.startNanos);
  writer.byte(SPAN.end);
  writer.nanoseconds(span.endMillis, span.endNanos);
  writeNameAndAttributes(writer, span);
  writeCount(writer, SPAN.droppedAttributes, span.attributeList.dropped);
  if (span.events !== undefined) for (const event of span.events) writeEvent(writer, event);
  writeCount(writer, SPAN.droppedEvents, span.droppedEvents);
  if (span.links !== undefined) for (const link of span.links) writeLink(writer, link);
  writeCount(writer, SPAN.droppedLinks, span.droppedLinks);
  if (span.status.code !== 0) writeStatus(writer, span.status.code, span.status.message);
}

/**
 * Writes the name, the kind and the attributes of a span: what the buffer has already is copied, as much at a time as follows
 * each other.
 */
function writeNameAndAttributes(writer: ByteWriter, span: SpanBody): void {
  const { items, length } = span.attributeList;
  const { memo } = writer;
  const { epoch } = memo;
  let known = memo.start;
  let from = 0;
  let to = 0;
  if (memo.kind === span.kind && known.holds(span.name, epoch)) {
    from = known.at;
    to = known.end;
  } else {
    const start = writer.length;
    writeText(writer, SPAN.name, span.name);
    writeCount(writer, SPAN.kind, span.kind + 1);
    known.keep(span.name, epoch, start, writer.length);
    memo.kind = span.kind;
  }
  for (let at = 0; at < length; at += 2) {
    const name = items[at] as string;
    const value = items[at + 1] as AttributeValue;
    const next = memo.after(known, name);
    if (next?.holds(value, epoch) === true) {
      if (next.at !== to) {
        writer.repeat(from, to);
        from = next.at;
      }
      to = next.end;
    } else {
      writer.repeat(from, to);
      from = 0;
      to = 0;
      const start = writer.length;
      writeEncoded(writer, SPAN.attribute, next?.encodedName ?? encodedName(name), value);
      next?.keep(value, epoch, start, writer.length);
    }
    known = next ?? memo.start;
  }
  writer.repeat(from, to);
}

/** Writes attributes as repeated `KeyValue` messages under this tag. */
export function writeAttributes(
  writer: ByteWriter,
  tag: number,
  { items, length }: Pick<AttributeList, 'items' | 'length'>,
): void {
  for (let at = 0; at < length; at += 2) {
    writeAttribute(writer, tag, items[at] as string, items[at + 1] as AttributeValue);
  }
}

function writeAttribute(writer: ByteWriter, tag: number, key: string, value: AttributeValue): void {
  writeEncoded(writer, tag, encodedName(key), value);
}

function writeEncoded(writer: ByteWriter, tag: number, name: Uint8Array, value: AttributeValue): void {
  if (typeof value === 'string' && writer.shortTextPair(tag, name, value)) return;
  if (typeof value === 'number') {
    if (writer.smallIntegerPair(tag, name, value)) return;
    if (!Number.isInteger(value) && writer.doublePair(tag, name, value)) return;
  }
  writer.byte(tag);
  const pair = writer.open();
  writer.raw(name);
  writer.byte(0x12);
  const start = writer.open();
  writeValue(writer, value);
  writer.close(start);
  writer.close(pair);
}

function writeValue(writer: ByteWriter, value: AttributeValue | null | undefined): void {
  if (typeof value === 'string') {
    writer.byte(VALUE.text);
    writer.text(value);
  } else if (typeof value === 'number') {
    const isInteger = Number.isInteger(value) && value >= -INT64_END && value < INT64_END;
    writer.byte(isInteger ? VALUE.integer : VALUE.double);
    if (isInteger) writer.int64(value);
    else writer.double(value);
  } else if (typeof value === 'boolean') {
    writer.byte(VALUE.boolean);
    writer.byte(value ? 1 : 0);
  } else if (Array.isArray(value)) {
    writer.byte(VALUE.array);
    const array = writer.open();
    for (const item of value) {
      writer.byte(0x0a);
      const element = writer.open();
      writeValue(writer, item);
      writer.close(element);
    }
    writer.close(array);
  }
}

function writeEvent(writer: ByteWriter, { name, time, attributes }: RecordedEvent): void {
  writer.byte(SPAN.event);
  const start = writer.open();
  writer.byte(EVENT.time);
  writer.nanoseconds(time.millis, time.nanos);
  writeText(writer, EVENT.name, name);
  writeAttributes(writer, EVENT.attribute, attributes);
  writeCount(writer, EVENT.droppedAttributes, attributes.dropped);
  writer.close(start);
}

function writeLink(writer: ByteWriter, { context, attributes }: RecordedLink): void {
  writer.byte(SPAN.link);
  const start = writer.open();
  writeHexId(writer, LINK.traceId, context.traceId);
  writeHexId(writer, LINK.spanId, context.spanId);
  if (context.traceState !== undefined) writeText(writer, LINK.traceState, context.traceState.serialize());
  writeAttributes(writer, LINK.attribute, attributes);
  writeCount(writer, LINK.droppedAttributes, attributes.dropped);
  writer.byte(LINK.flags);
  writer.fixed32(flagsOf(context.traceFlags, context.isRemote === true));
  writer.close(start);
}

function writeStatus(writer: ByteWriter, code: number, message: string | undefined): void {
  writer.byte(SPAN.status);
  const start = writer.open();
  if (message !== undefined) writeText(writer, 0x12, message);
  writeCount(writer, 0x18, code);
  writer.close(start);
}

function writeText(writer: ByteWriter, tag: number, text: string): void {
  if (text === '') return;
  writer.byte(tag);
  writer.text(text);
}

function writeCount(writer: ByteWriter, tag: number, count: number): void {
  if (count === 0) return;
  writer.byte(tag);
  writer.varint(count);
}

// Bits 8 and 9 tell whether the parent is in another process; of a link, whether what it points to is.
function flagsOf(traceFlags: number, isRemote: boolean): number {
  return (traceFlags & 0xff) | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0);
}
