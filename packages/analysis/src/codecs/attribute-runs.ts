import { type AttributeBag, newBag } from './attribute-bag.ts';
import { ByteCache } from './byte-cache.ts';
import { readAttribute } from './otlp-protobuf-values.ts';
import type { ProtobufReader } from './protobuf-reader.ts';

// Queries of one statement, calls of one function and the like have the same attributes over and over: they are found again in a
// fraction of the time that reading them takes.
const bags = /* @__PURE__ */ new ByteCache<AttributeBag>(128, 9);
/** The tag of the attributes of a span. */
const ATTRIBUTES = 0x4a;

/**
 * Reads an attribute of a span, the tag of which has been read, and those that follow it. What is returned may be shared with other
 * spans, and must not be changed.
 */
export function readAttributeRun(reader: ProtobufReader): AttributeBag {
  const end = runEnd(reader);
  const place = end > reader.end ? -1 : bags.placeOf(reader.view, reader.at, end);
  const known = bags.values[place];
  if (known !== undefined) {
    reader.at = end;
    return known;
  }
  const bag = newBag();
  for (;;) {
    readAttribute(reader, bag);
    if (reader.at === reader.end || reader.bytes[reader.at] !== ATTRIBUTES) break;
    reader.at += 1;
  }
  if (place !== -1 && reader.at === end) bags.values[place] = bag;
  return bag;
}

// Beyond the end of the span, or of all, if the bytes are flawed; anywhere, if an attribute is longer than what is remembered.
function runEnd({ bytes, at, end }: ProtobufReader): number {
  let next = at - 1;
  do {
    next += 2;
    const length = bytes[next - 1] as number;
    next += length < 0x80 ? length : (length & 0x7f) + (bytes[next++] as number) * 0x80;
  } while (next < end && bytes[next] === ATTRIBUTES);
  return next;
}
