/** The most bytes that a number takes, which is below 2⁵³. */
const MOST = 8;

/** Whole numbers from 0 on in as few bytes as they need: seven bits in each, the lowest first, as Protobuf has them. */
export class PackedNumbers {
  #bytes: Uint8Array;
  #at = 0;

  /** For numbers to come, or for those that are in these bytes. */
  constructor(bytes: Uint8Array = new Uint8Array(4096)) {
    this.#bytes = bytes;
  }

  /** What is no such number counts as 0. */
  add(number: number): void {
    if (this.#at + MOST > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    let rest = number > 0 && number <= Number.MAX_SAFE_INTEGER ? Math.floor(number) : 0;
    // Numbers of more than 31 bits know no shifts.
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    for (; rest > 127; rest >>= 7) this.#bytes[this.#at++] = (rest & 127) | 128;
    this.#bytes[this.#at++] = rest;
  }

  /** All that was added. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Fills a column with the numbers that come next. */
  next<Column extends Int32Array | Float64Array>(column: Column): Column {
    for (let index = 0; index < column.length; index++) {
      let number = 0;
      let factor = 1;
      let byte: number;
      do {
        byte = this.#bytes[this.#at++] as number;
        number += (byte & 127) * factor;
        factor *= 128;
      } while (byte > 127);
      column[index] = number;
    }
    return column;
  }
}
