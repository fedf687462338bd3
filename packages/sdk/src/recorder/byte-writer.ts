import { AttributeMemo } from './attribute-memo.ts';
import { putBytes, putCodes } from './put-bytes.ts';
import { NANOS_PER_MILLI } from './span-time.ts';
import { putInt64, putVarint, varintSize } from './varint.ts';

const TWO_32 = 0x1_0000_0000;
const INITIAL_BYTES = 16_384;
/** Up to here a loop over char codes beats a call into the runtime. */
const SHORT_TEXT = 100;
/** The same for copying. */
const SHORT_COPY = 24;
const MAX_ONE_BYTE_LENGTH = 0x7f;
const LAST_ASCII = 0x7f;

/**
 * Writes protobuf wire format into one growing buffer, without an object per field.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ByteWriter {
  #bytes: Buffer;
  #view: DataView;
  #position = 0;
  readonly #maxBytes: number;
  #memo: AttributeMemo | undefined;

  /** With `maxBytes`, it throws a `RangeError` rather than taking more. */
  constructor(initialBytes = INITIAL_BYTES, maxBytes = Number.POSITIVE_INFINITY) {
    this.#bytes = Buffer.allocUnsafeSlow(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#maxBytes = maxBytes;
  }

  /** How many bytes were written so far. */
  get length(): number {
    return this.#position;
  }

  /** A copy of the bytes written so far. */
  copy(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#position));
  }

  /** The bytes written so far, or a part of them, to be read before anything else is written. */
  view(from = 0, to = this.#position): Buffer {
    return this.#bytes.subarray(from, to);
  }

  /** A `fixed32` that was written before. */
  fixed32At(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** Replaces a `fixed32` that was written before. */
  replaceFixed32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Forgets what was written after this length. */
  truncate(length: number): void {
    this.#position = length;
    if (this.#memo !== undefined) this.#memo.epoch += 1;
  }

  /** What whoever writes attributes remembers of those that are there. */
  get memo(): AttributeMemo {
    this.#memo ??= new AttributeMemo();
    return this.#memo;
  }

  /** Writes once more what is there from one position to another. */
  repeat(from: number, to: number): void {
    const length = to - from;
    if (length === 0) return;
    this.#reserve(length);
    const bytes = this.#bytes;
    const at = this.#position;
    if (length > SHORT_COPY) bytes.copyWithin(at, from, to);
    else putBytes(bytes, at, bytes, from, to);
    this.#position = at + length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#position++] = value;
  }

  /** Bytes that were encoded before. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    const to = this.#bytes;
    const at = this.#position;
    if (length > SHORT_TEXT) to.set(bytes, at);
    else putBytes(to, at, bytes, 0, length);
    this.#position = at + length;
  }

  /**
   * A whole `KeyValue` message with a short text: what most attributes are. Returns `false`, and writes nothing, where
   * text or lengths need more than a byte each.
   *
   * @param tag the tag of the attribute in the message that holds it
   * @param name the encoded `key` field
   */
  shortTextPair(tag: number, name: Uint8Array, value: string): boolean {
    const { length } = value;
    const at = this.#openPair(tag, name, length + 2);
    if (at < 0) return false;
    const bytes = this.#bytes;
    bytes[at] = 0x0a;
    bytes[at + 1] = length;
    if (putCodes(bytes, at + 2, value) > LAST_ASCII) return false;
    this.#position = at + 2 + length;
    return true;
  }

  /**
   * A whole `KeyValue` message with a number from 0 to 2^28 - 1: most of the rest. Returns `false`, and writes nothing,
   * where the number is another one or lengths need more than a byte each.
   */
  smallIntegerPair(tag: number, name: Uint8Array, value: number): boolean {
    if (value !== value >>> 0 || value >= 0x1000_0000 || Object.is(value, -0)) return false;
    const at = this.#openPair(tag, name, varintSize(value) + 1);
    if (at < 0) return false;
    const bytes = this.#bytes;
    bytes[at] = 0x18;
    this.#position = putVarint(bytes, at + 1, value);
    return true;
  }

  /** A whole `KeyValue` message with any number, as `double`. Returns `false`, and writes nothing, as above. */
  doublePair(tag: number, name: Uint8Array, value: number): boolean {
    const at = this.#openPair(tag, name, 9);
    if (at < 0) return false;
    this.#bytes[at] = 0x21;
    this.#view.setFloat64(at + 1, value, true);
    this.#position = at + 9;
    return true;
  }

  /** An unsigned integer below 2^53. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f_ff_ff_ff) {
      this.#bytes[this.#position++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#position = putVarint(this.#bytes, this.#position, rest);
  }

  /** Any integer as int64: a negative one takes ten bytes. */
  int64(value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      this.varint(value);
      return;
    }
    this.#reserve(10);
    this.#position = putInt64(this.#bytes, this.#position, value);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#position, value, true);
    this.#position += 8;
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#position, value, true);
    this.#position += 4;
  }

  /** A time since the epoch, in whole milliseconds and the nanoseconds beyond, as `fixed64` nanoseconds. */
  nanoseconds(millis: number, nanos: number): void {
    // The product exceeds 2^53, so it is computed in two parts that do not.
    // Without `%`, which is a call into C for numbers of this size.
    const units = Math.floor(millis / 0x1_0000);
    const upper = units * NANOS_PER_MILLI;
    const lower = (millis - units * 0x1_0000) * NANOS_PER_MILLI + nanos;
    const upperHigh = Math.floor(upper / 0x1_0000);
    const lowerHigh = Math.floor(lower / TWO_32);
    const low = (upper - upperHigh * 0x1_0000) * 0x1_0000 + (lower - lowerHigh * TWO_32);
    const carry = low < TWO_32 ? 0 : 1;
    this.#reserve(8);
    this.#view.setUint32(this.#position, low - carry * TWO_32, true);
    this.#view.setUint32(this.#position + 4, upperHigh + lowerHigh + carry, true);
    this.#position += 8;
  }

  /** A tag and a length below 128, and room for as many bytes, which are to follow as words. */
  openWords(tag: number, length: number): void {
    this.#reserve(length + 2);
    this.#bytes[this.#position] = tag;
    this.#bytes[this.#position + 1] = length;
    this.#position += 2;
  }

  /** Four bytes, the highest first, for which there is room. */
  word(value: number): void {
    this.#view.setInt32(this.#position, value);
    this.#position += 4;
  }

  /** A length and the text in UTF-8. */
  text(value: string): void {
    const { length } = value;
    if (length <= SHORT_TEXT && this.#shortAscii(value, length)) return;
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.#reserve(size);
    this.#bytes.write(value, this.#position, size, 'utf8');
    this.#position += size;
  }

  /** Opens a length-delimited field; give the result to `close`. */
  open(): number {
    this.#reserve(1);
    return ++this.#position;
  }

  /** Opens a field whose content is mostly 128 to 16,383 bytes long; give the result to `closeLong`. */
  openLong(): number {
    this.#reserve(2);
    this.#position += 2;
    return this.#position;
  }

  /** Writes the length of the field that was opened there, moving its content if the length takes more than a byte. */
  close(start: number): void {
    this.#close(start, 1);
  }

  /** The same for a field that was opened by `openLong`. */
  closeLong(start: number): void {
    const moved = this.#close(start, 2);
    if (moved && this.#memo !== undefined) this.#memo.epoch += 1;
  }

  /** Returns whether the content was moved. */
  #close(start: number, room: number): boolean {
    const length = this.#position - start;
    const extra = varintSize(length) - room;
    if (extra !== 0) {
      if (extra > 0) this.#reserve(extra);
      this.#bytes.copyWithin(start + extra, start, this.#position);
    }
    // What is written behind `start` must stay, so nothing here may make room from an earlier position on.
    putVarint(this.#bytes, start - room, length);
    this.#position += extra;
    return extra !== 0;
  }

  #shortAscii(value: string, length: number): boolean {
    this.#reserve(length + 1);
    const at = this.#position;
    if (putCodes(this.#bytes, at + 1, value) > LAST_ASCII) return false;
    this.#bytes[at] = length;
    this.#position = at + 1 + length;
    return true;
  }

  /**
   * Writes a `KeyValue` message up to its value, of which it knows the size, and makes room for that. Returns where the value
   * is to be, from where on what is written counts; -1 where a length needs more than a byte.
   */
  #openPair(tag: number, name: Uint8Array, valueSize: number): number {
    const { length } = name;
    const content = length + 2 + valueSize;
    if (content > MAX_ONE_BYTE_LENGTH) return -1;
    this.#reserve(content + 2);
    const bytes = this.#bytes;
    const at = this.#position;
    bytes[at] = tag;
    bytes[at + 1] = content;
    putBytes(bytes, at + 2, name, 0, length);
    const end = at + 2 + length;
    bytes[end] = 0x12;
    bytes[end + 1] = valueSize;
    return end + 2;
  }

  #reserve(size: number): void {
    if (this.#position + size <= this.#bytes.length) return;
    if (this.#position + size > this.#maxBytes) throw new RangeError('There is no room left.');
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#position + size));
    this.#bytes.copy(grown, 0, 0, this.#position);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
