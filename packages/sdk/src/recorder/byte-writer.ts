const INITIAL_BYTES = 16_384;
/** Up to here a loop over char codes beats a call into the runtime. */
const SHORT_TEXT = 40;

/**
 * Writes protobuf wire format into one growing buffer, without an object per field.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #position = 0;

  /** How many bytes were written so far. */
  get length(): number {
    return this.#position;
  }

  /** The bytes written so far, as a copy; the writer starts over with an empty buffer. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#position));
    this.#position = 0;
    return taken;
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
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#position);
    this.#position += bytes.length;
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
      this.#bytes[this.#position++] = (nibble(value.charCodeAt(at)) << 4) | nibble(value.charCodeAt(at + 1));
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
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#position + size));
    this.#bytes.copy(grown, 0, 0, this.#position);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

function nibble(code: number): number {
  return code < 58 ? code - 48 : (code | 32) - 87;
}
