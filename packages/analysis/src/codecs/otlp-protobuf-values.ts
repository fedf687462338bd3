import type { AttributeValue, Resource, Scope } from '../span.ts';
import { type AttributeBag, newBag } from './attribute-bag.ts';
import { base64Of } from './base64.ts';
import { hexOf } from './hex.ts';
import { isObject } from './json-fields.ts';
import { MAX_DEPTH, resourceOf, scopeOf } from './otlp-names.ts';
import type { ProtobufReader } from './protobuf-reader.ts';
import { cachedText } from './utf8.ts';

// A message that comes twice where one belongs is one in parts: a later field replaces an earlier one, lists grow.
// https://protobuf.dev/programming-guides/encoding/#last-one-wins

/** Reads a `Resource`, or more of the one before. */
export function readResource(reader: ProtobufReader, before: Resource | undefined): Resource {
  return resourceOf(readBag(reader, 0, before?.attributes));
}

/** Reads an `InstrumentationScope`, or more of the one before; its attributes are not kept. */
export function readScope(reader: ProtobufReader, before: Scope | undefined): Scope | undefined {
  let name = before?.name ?? '';
  let version = before?.version ?? '';
  reader.message((tag) => {
    if (tag === 0x0a) name = reader.string();
    else if (tag === 0x12) version = reader.string();
    else reader.skip(tag);
  });
  return scopeOf(name, version);
}

/** Reads a `KeyValue` into the attributes; of several with one key the last one counts. */
export function readAttribute(reader: ProtobufReader, attributes: AttributeBag, depth = 0): void {
  let key = '';
  let value: AttributeValue = null;
  const outer = reader.enter();
  const { bytes, view, at, end } = reader;
  // Nearly all are a key and a text, so short that each length takes one byte: read at once, and otherwise field by field.
  const split = at + 2 + (bytes[at + 1] as number);
  if (
    end - at < 0x80 &&
    split + 4 + (bytes[split + 3] as number) === end &&
    bytes[at] === 0x0a &&
    bytes[split] === 0x12 &&
    bytes[split + 1] === end - split - 2 &&
    bytes[split + 2] === 0x0a
  ) {
    key = cachedText(view, at + 2, split);
    value = cachedText(view, split + 4, end);
    reader.at = end;
  }
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) key = reader.string();
    else if (tag === 0x12) value = readValue(reader, depth, value);
    else reader.skip(tag);
  }
  reader.leave(outer);
  attributes[key] = value;
}

/** Reads an `AnyValue`, or more of the one before; one without a value is null. */
export function readValue(reader: ProtobufReader, depth: number, before: AttributeValue = null): AttributeValue {
  let value = before;
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case 0x0a: // string_value = 1
        value = reader.string();
        break;
      case 0x10: // bool_value = 2
        value = reader.int64() !== 0;
        break;
      case 0x18: // int_value = 3
        value = reader.int64();
        break;
      case 0x21: // double_value = 4
        value = reader.double();
        break;
      case 0x2a: // array_value = 5
        value = readList(reader, depth + 1, value);
        break;
      case 0x32: // kvlist_value = 6
        value = readBag(reader, depth + 1, value);
        break;
      case 0x3a: // bytes_value = 7
        value = readBytes(reader);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.leave(outer);
  return value;
}

/** Reads an id of 8 or 16 bytes; shorter ones are padded with zeros on the left, longer ones are no ids. */
export function readId(reader: ProtobufReader, size: 8 | 16): string {
  const length = reader.length();
  const start = reader.at;
  reader.at = start + length;
  if (length === size) return hexOf(reader.bytes, start, size);
  if (length === 0 || length > size) return '';
  const padded = new Uint8Array(size);
  padded.set(reader.bytes.subarray(start, reader.at), size - length);
  return hexOf(padded, 0, size);
}

// More of what was there is added to it, not to a copy: there may be as many parts as the data have bytes.
function readList(reader: ProtobufReader, depth: number, before: AttributeValue): AttributeValue[] {
  const values = Array.isArray(before) ? (before as AttributeValue[]) : [];
  readItems(reader, depth, () => values.push(readValue(reader, depth)));
  return values;
}

function readBag(reader: ProtobufReader, depth: number, before: AttributeValue | undefined): AttributeBag {
  const values = isObject(before) ? (before as AttributeBag) : newBag();
  readItems(reader, depth, () => readAttribute(reader, values, depth));
  return values;
}

// The first field of a `Resource`, an `ArrayValue` and a `KeyValueList`.
function readItems(reader: ProtobufReader, depth: number, readItem: () => void): void {
  if (depth > MAX_DEPTH) throw reader.error(`values of at most ${MAX_DEPTH} levels`);
  const outer = reader.enter();
  reader.each(0x0a, readItem);
  reader.leave(outer);
}

function readBytes(reader: ProtobufReader): string {
  const length = reader.length();
  reader.at += length;
  return base64Of(reader.bytes.subarray(reader.at - length, reader.at));
}
