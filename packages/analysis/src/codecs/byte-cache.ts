/**
 * What was last made of some bytes, for bytes that come over and over. They are compared, in words of four, so nothing depends on
 * the hash. Full places are overwritten, so memory is bounded.
 */
export class ByteCache<Value> {
  /** What was made of the bytes of each place. */
  readonly values: (Value | undefined)[] = [];
  readonly #maxWords: number;
  readonly #shift: number;
  readonly #lengths: Uint16Array;
  readonly #copies: Int32Array;

  /** For bytes of at most so many words; with 2 to the power of `bits` places. */
  constructor(maxWords: number, bits: number) {
    this.#maxWords = maxWords;
    this.#shift = 32 - bits;
    this.#lengths = new Uint16Array(1 << bits);
    this.#copies = new Int32Array(maxWords << bits);
  }

  /** The place of some bytes, -1 if there is none. If it has no value, it is for the one that is made of them. */
  placeOf(view: DataView, start: number, end: number): number {
    const length = end - start;
    // Where the last word begins; it may have bytes of the one before, and of what is before a very short text.
    const last = end - 4;
    if (last < 0 || length > this.#maxWords * 4) return -1;
    let hash = length;
    for (let at = start; at < end; at += 4) hash = Math.imul(hash ^ view.getInt32(Math.min(at, last)), 0x9e3779b1);
    const place = hash >>> this.#shift;
    let isKnown = this.#lengths[place] === length;
    this.#lengths[place] = length;
    let copy = place * this.#maxWords;
    for (let at = start; at < end; at += 4) {
      const word = view.getInt32(Math.min(at, last));
      if (this.#copies[copy] !== word) isKnown = false;
      this.#copies[copy++] = word;
    }
    if (!isKnown) this.values[place] = undefined;
    return place;
  }
}
