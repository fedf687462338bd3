import { TraceFormatError } from './trace-format-error.ts';
import { cachedText } from './utf8.ts';

/**
 * Reads protobuf fields within the message that was entered last; nothing is read beyond its end, whatever lengths the
 * data claim.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufReader {
  readonly bytes: Uint8Array;
  /** Where the next byte is read. */
  at = 0;
  /** The end of the current message. */
  end: number;
  readonly view: DataView;
  /** The upper half of the last varint. */
  #high = 0;

  constructor(bytes: Uint8Array) {
    // Not a Buffer of Node.js, whose parts cost more; and always the same class is faster.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next tag, number and wire type, of the current message; 0 at its end. */
  tag(): number {
    if (this.at === this.end) return 0;
    const byte = this.bytes[this.at] as number;
    if (byte > 7 && byte < 0x80) {
      this.at++;
      return byte;
    }
    const tag = this.varint();
    if (tag < 8 || this.#high !== 0) throw this.error('a tag that names a field');
    return tag;
  }

  /** Goes into a message that is a field of the current one. Returns what {@link leave} needs. */
  enter(): number {
    const length = this.length();
    const outer = this.end;
    this.end = this.at + length;
    return outer;
  }

  /** Goes back to the message that was left by {@link enter}. */
  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  /** Reads the fields of the current message that have this tag. */
  each(wanted: number, readField: () => void): void {
    for (let tag = this.tag(); tag !== 0; tag = this.tag()) {
      if (tag === wanted) readField();
      else this.skip(tag);
    }
  }

  /** Reads each field of a message that is a field of the current one. */
  message(readField: (tag: number) => void): void {
    const outer = this.enter();
    for (let tag = this.tag(); tag !== 0; tag = this.tag()) readField(tag);
    this.leave(outer);
  }

  /** The length of the field that follows, all of which is there. */
  length(): number {
    const length = this.varint();
    if (length > this.end - this.at || this.#high !== 0) throw this.error(`a field of ${length} bytes`);
    return length;
  }

  /** The lower 32 bits of a varint. */
  varint(): number {
    this.#high = 0;
    let low = 0;
    let byte = 0x80;
    for (let shift = 0; shift < 28; shift += 7) {
      byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low;
    }
    byte = this.#byte();
    low = (low | (byte << 28)) >>> 0;
    let high = (byte & 0x7f) >> 4;
    for (let shift = 3; byte >= 0x80; shift += 7) {
      if (shift > 31) throw this.error('a number of at most 64 bits');
      byte = this.#byte();
      high |= (byte & 0x7f) << shift;
    }
    this.#high = high >>> 0;
    return low;
  }

  #byte(): number {
    return this.bytes[this.#advance(1)] as number;
  }

  /** A signed integer; as text when it is beyond what a number holds exactly. */
  int64(): number | string {
    const low = this.varint();
    const number = (this.#high | 0) * 2 ** 32 + low;
    if (Number.isSafeInteger(number)) return number;
    return String((BigInt(this.#high | 0) << 32n) | BigInt(low));
  }

  fixed32(): number {
    return this.view.getUint32(this.#advance(4), true);
  }

  fixed64(): bigint {
    return this.view.getBigUint64(this.#advance(8), true);
  }

  double(): number {
    return this.view.getFloat64(this.#advance(8), true);
  }

  string(): string {
    const length = this.length();
    const start = this.at;
    this.at += length;
    return cachedText(this.view, start, this.at);
  }

  /** Passes over a field that is not known. */
  skip(tag: number): void {
    const type = tag & 7;
    if (type === 0) this.varint();
    else if (type === 2) this.#advance(this.length());
    else if (type === 1 || type === 5) this.#advance(type === 1 ? 8 : 4);
    else throw this.error('a known wire type, no groups');
  }

  /** The error that says what was expected where. */
  error(expected: string): TraceFormatError {
    return new TraceFormatError(`Expected OTLP protobuf with ${expected} at byte ${this.at} of ${this.bytes.length}.`);
  }

  #advance(length: number): number {
    const start = this.at;
    if (length > this.end - start) throw this.error(`${length} more bytes`);
    this.at = start + length;
    return start;
  }
}
