const INITIAL_BYTES = 16_384;
/** Up to here a loop over char codes beats a call into the runtime. */
const SHORT_TEXT = 100;
const MAX_ONE_BYTE_LENGTH = 0x7f;

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
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#position++] = value;
  }

  /** Bytes that were encoded before. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    if (length > SHORT_TEXT) this.#bytes.set(bytes, this.#position);
    else for (let index = 0; index < length; index += 1) this.#bytes[this.#position + index] = bytes[index] as number;
    this.#position += length;
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
    const content = name.length + 4 + length;
    if (content > MAX_ONE_BYTE_LENGTH) return false;
    this.#reserve(content + 2);
    const bytes = this.#bytes;
    let at = this.#position;
    bytes[at++] = tag;
    bytes[at++] = content;
    for (let index = 0; index < name.length; index += 1) bytes[at++] = name[index] as number;
    bytes[at++] = 0x12;
    bytes[at++] = length + 2;
    bytes[at++] = 0x0a;
    bytes[at++] = length;
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[at++] = code;
    }
    this.#position = at;
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
    while (rest > 0x7f) {
      this.#bytes[this.#position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#position++] = rest;
  }

  /** Any integer as int64: a negative one takes ten bytes. */
  int64(value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      this.varint(value);
      return;
    }
    this.#reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.#bytes[this.#position++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#position++] = Number(rest);
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

  fixed64(low: number, high: number): void {
    this.#reserve(8);
    this.#view.setUint32(this.#position, low, true);
    this.#view.setUint32(this.#position + 4, high, true);
    this.#position += 8;
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

  /** A length and the bytes that this hex text stands for. */
  hex(value: string): void {
    const size = value.length >>> 1;
    this.varint(size);
    this.#reserve(size);
    for (let at = 0; at < value.length; at += 2) {
      this.#bytes[this.#position++] =
        ((NIBBLES[value.charCodeAt(at)] as number) << 4) | (NIBBLES[value.charCodeAt(at + 1)] as number);
    }
  }

  /** Opens a length-delimited field; give the result to `close`. */
  open(): number {
    this.#reserve(1);
    return ++this.#position;
  }

  /** Writes the length of the field that was opened there, moving its content if the length takes more than a byte. */
  close(start: number): void {
    const length = this.#position - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return;
    }
    const extra = length < 0x4000 ? 1 : length < 0x20_0000 ? 2 : length < 0x1000_0000 ? 3 : 4;
    this.#reserve(extra);
    this.#bytes.copyWithin(start + extra, start, this.#position);
    this.#position = start - 1;
    this.varint(length);
    this.#position = start + extra + length;
  }

  #shortAscii(value: string, length: number): boolean {
    this.#reserve(length + 1);
    const bytes = this.#bytes;
    const start = this.#position + 1;
    for (let at = 0; at < length; at += 1) {
      const code = value.charCodeAt(at);
      if (code > 0x7f) return false;
      bytes[start + at] = code;
    }
    bytes[start - 1] = length;
    this.#position = start + length;
    return true;
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

const NIBBLES = new Uint8Array(128);
for (let digit = 0; digit < 16; digit += 1) NIBBLES[digit.toString(16).charCodeAt(0)] = digit;
