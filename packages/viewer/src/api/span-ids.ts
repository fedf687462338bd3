import { wordAt } from './hex-words.ts';

const ID = /^(?!0{16})[\da-f]{16}$/;
const DIGITS = 16;

/** The ids of the spans of a trace, in eight bytes each; texts are made of those alone that are asked for. */
export class SpanIds {
  readonly #ids: BigUint64Array;
  /** What is no such id: a backend may have others. */
  readonly odd: ReadonlyMap<number, string>;

  constructor(ids: BigUint64Array, odd: Iterable<readonly [number, string]>) {
    this.#ids = ids;
    this.odd = new Map(odd);
  }

  static of(texts: Iterable<string>): SpanIds {
    const all = Array.from(texts);
    const ids = new BigUint64Array(all.length);
    // By halves, the lower one first: to make big integers of texts takes many times as long.
    const halves = new Uint32Array(ids.buffer);
    const odd: [number, string][] = [];
    for (const [index, id] of all.entries()) {
      const high = id.length === DIGITS ? wordAt(id, 0) : NaN;
      const low = wordAt(id, DIGITS / 2);
      if (high + low > 0) {
        halves[index * 2] = low;
        halves[index * 2 + 1] = high;
      } else odd.push([index, id]);
    }
    return new SpanIds(ids, odd);
  }

  /** Ids of their bytes, the lowest of each first, as every processor has them that a browser runs on. */
  static from(bytes: ArrayBuffer, odd: Iterable<readonly [number, string]>): SpanIds {
    return new SpanIds(new BigUint64Array(bytes), odd);
  }

  get length(): number {
    return this.#ids.length;
  }

  at(index: number): string | undefined {
    return this.odd.get(index) ?? this.#ids[index]?.toString(16).padStart(DIGITS, '0');
  }

  /** Of spans that share an id the first; undefined where there is none. */
  indexOf(id: string): number | undefined {
    if (ID.test(id)) {
      const index = this.#ids.indexOf(BigInt(`0x${id}`));
      return index === -1 ? undefined : index;
    }
    for (const [index, other] of this.odd) if (other === id) return index;
    return undefined;
  }

  toBytes(): Uint8Array {
    return new Uint8Array(this.#ids.buffer);
  }
}
