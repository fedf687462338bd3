import { inLowerCase } from '../query/lower-case.ts';

/** Lengths of the pieces of text that are remembered: the short ones for short words, the long ones tell ids apart. */
const SHORT = 4;
const LONG = 6;
/** A set of more bits than this says little, whatever is asked. */
const MAX_BITS = 2 ** 19;
const MIN_BITS = 2 ** 10;
/** How many bits there are for each that is set, at least. */
const SPARSE = 8;

/**
 * Which pieces of four and six characters some texts have: a Bloom filter. It may say that a piece is there that
 * is not, and never the reverse; so of texts that it denies nobody need look at any. Pieces with other characters than
 * those of ASCII are left out, as are differences of case.
 *
 * @see Burton H. Bloom, Space/time trade-offs in hash coding with allowable errors, CACM 13(7), 1970
 */
export class GramSet {
  readonly #bytes = new Uint8Array(MAX_BITS / 8);
  #count = 0;

  add(text: string): void {
    if (this.#isFull) return;
    visitGrams(inLowerCase(text), (hash) => {
      const at = (hash & (MAX_BITS - 1)) >>> 3;
      const bit = 0x80 >> (hash & 7);
      if (((this.#bytes[at] as number) & bit) !== 0) return;
      this.#bytes[at] = (this.#bytes[at] as number) | bit;
      this.#count += 1;
    });
  }

  /** The bits, the first of each byte being its highest, as many as are worth keeping; nothing if that is all of them. */
  bytes(): Uint8Array | undefined {
    if (this.#isFull) return undefined;
    // What a hash says modulo a power of two it says modulo a smaller one: halves lie upon each other.
    let bits = MAX_BITS;
    while (bits > MIN_BITS && this.#count * SPARSE * 2 <= bits) bits /= 2;
    const bytes = this.#bytes.slice(0, bits / 8);
    for (let at = bytes.length; at < this.#bytes.length; at++) {
      const low = at & (bytes.length - 1);
      bytes[low] = (bytes[low] as number) | (this.#bytes[at] as number);
    }
    return bytes;
  }

  clear(): void {
    this.#bytes.fill(0);
    this.#count = 0;
  }

  get #isFull(): boolean {
    return this.#count > MAX_BITS / 2;
  }
}

/** The hashes of the pieces of a text, each once. */
export function gramHashes(text: string): number[] {
  const hashes = new Set<number>();
  visitGrams(inLowerCase(text), (hash) => hashes.add(hash & (MAX_BITS - 1)));
  return [...hashes];
}

// Words of four characters have one short piece only, which two hashes make surer; longer words have more pieces.
function visitGrams(text: string, visit: (hash: number) => void): void {
  // Characters of seven bits, the last one lowest.
  let last = 0;
  let before = 0;
  let run = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) {
      run = 0;
      continue;
    }
    before = ((before << 7) | (last >>> 21)) & 0x3fff;
    last = ((last << 7) | code) & 0xfffffff;
    run += 1;
    if (run >= SHORT) {
      visit(mixed(last));
      visit(mixed(~last));
    }
    if (run >= LONG) visit(mixed(last ^ Math.imul(before + 1, 0x9e3779b1)));
  }
}

// The last step of MurmurHash3.
function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
