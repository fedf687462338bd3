import { encodeUtf8 } from './utf8.ts';

/**
 * Writes protobuf from the end to the beginning, so that the length of a message is known when it is written: fields are
 * given last to first. Fields that have their default value are left out, unless it says otherwise.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  /** Where the first byte is; those before it are free. */
  #at = this.#bytes.length;

  /** What was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(this.#at);
  }

  /** A field that is a message, or whose parts `write` writes; also when it is empty. */
  message(field: number, write: () => void): void {
    const end = this.#bytes.length - this.#at;
    write();
    this.#rawVarint(this.#bytes.length - this.#at - end);
    this.#rawVarint((field << 3) | 2);
  }

  /** A string field, also when it is empty: for a `oneof` that says something. */
  text(field: number, value: string): void {
    const end = this.#bytes.length - this.#at;
    if (!this.#ascii(value)) {
      const bytes = encodeUtf8(value);
      this.#reserve(bytes.length);
      this.#bytes.set(bytes, this.#at);
    }
    this.#rawVarint(this.#bytes.length - this.#at - end);
    this.#rawVarint((field << 3) | 2);
  }

  string(field: number, value: string | undefined): void {
    if (value !== undefined && value !== '') this.text(field, value);
  }

  /** An id of hexadecimal digits as bytes. */
  id(field: number, hex: string | undefined): void {
    if (hex === undefined || hex === '') return;
    const size = hex.length >> 1;
    this.#reserve(size);
    for (let index = 0; index < size; index++) {
      this.#bytes[this.#at + index] = (digit(hex.charCodeAt(index * 2)) << 4) | digit(hex.charCodeAt(index * 2 + 1));
    }
    this.#rawVarint(size);
    this.#rawVarint((field << 3) | 2);
  }

  /** An unsigned integer of at most 32 bits. */
  uint32(field: number, value: number | undefined): void {
    if (value !== undefined && value !== 0) this.int64(field, value >>> 0);
  }

  /** An integer that a number holds exactly, also when it is 0. */
  int64(field: number, value: number): void {
    if (value >= 0 && value < 2 ** 32) this.#rawVarint(value);
    else this.#rawVarint64(BigInt.asUintN(64, BigInt(value)));
    this.#rawVarint(field << 3);
  }

  fixed32(field: number, value: number | undefined): void {
    if (value === undefined || value === 0) return;
    this.#reserve(4);
    this.#view.setUint32(this.#at, value, true);
    this.#rawVarint((field << 3) | 5);
  }

  fixed64(field: number, value: bigint): void {
    if (value === 0n) return;
    this.#reserve(8);
    this.#view.setBigUint64(this.#at, value, true);
    this.#rawVarint((field << 3) | 1);
  }

  /** A floating-point number, also when it is 0. */
  double(field: number, value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#rawVarint((field << 3) | 1);
  }

  // Most texts are short and ASCII; calling the encoder costs more than writing those.
  #ascii(value: string): boolean {
    if (value.length > 64) return false;
    this.#reserve(value.length);
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) {
        this.#at += value.length;
        return false;
      }
      this.#bytes[this.#at + index] = code;
    }
    return true;
  }

  #rawVarint(value: number): void {
    if (value < 0x80) {
      this.#reserve(1);
      this.#bytes[this.#at] = value;
      return;
    }
    let size = 2;
    while (value >= 2 ** (7 * size)) size++;
    this.#reserve(size);
    for (let index = 0; index < size; index++) {
      this.#bytes[this.#at + index] = ((value >>> (7 * index)) & 0x7f) | (index < size - 1 ? 0x80 : 0);
    }
  }

  #rawVarint64(value: bigint): void {
    const bytes: number[] = [];
    for (let rest = value; rest > 0n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
  }

  // Makes room for some bytes before what was written.
  #reserve(size: number): void {
    if (size > this.#at) {
      const written = this.#bytes.length - this.#at;
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, written + size));
      larger.set(this.#bytes.subarray(this.#at), larger.length - written);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
      this.#at = larger.length - written;
    }
    this.#at -= size;
  }
}

// The value of a hexadecimal digit in lower case.
function digit(code: number): number {
  return code > 57 ? code - 87 : code - 48;
}
