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
    const ids = Array.from(texts);
    const odd = Array.from(ids.entries()).filter(([, id]) => !ID.test(id));
    return new SpanIds(
      BigUint64Array.from(ids, (id) => (ID.test(id) ? BigInt(`0x${id}`) : 0n)),
      odd,
    );
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
