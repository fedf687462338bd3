import { hashOf, type TraceWords } from '../trace-id.ts';

const WORDS = 4;

/** A set of so many trace ids at most, as numbers: texts that live for long are dear to a garbage collector. */
export class TraceIdSet {
  readonly #words: Int32Array;
  readonly #mask: number;
  size = 0;

  /** @param most how many are added at most before `clear` */
  constructor(most: number) {
    const places = 2 ** Math.ceil(Math.log2(most * 1.5));
    this.#mask = places - 1;
    this.#words = new Int32Array(places * WORDS);
  }

  add(id: TraceWords): void {
    const at = this.#find(id);
    const words = this.#words;
    if (!isEmpty(words, at)) return;
    words[at] = id.first;
    words[at + 1] = id.second;
    words[at + 2] = id.third;
    words[at + 3] = id.fourth;
    this.size += 1;
  }

  has(id: TraceWords): boolean {
    return this.size > 0 && !isEmpty(this.#words, this.#find(id));
  }

  clear(): void {
    if (this.size > 0) this.#words.fill(0);
    this.size = 0;
  }

  /** Where the id is, or else where there is room for it. All zeros are no id. */
  #find(id: TraceWords): number {
    const words = this.#words;
    for (let place = hashOf(id) & this.#mask; ; place = (place + 1) & this.#mask) {
      const at = place * WORDS;
      if (isEmpty(words, at)) return at;
      if (
        words[at] === id.first &&
        words[at + 1] === id.second &&
        words[at + 2] === id.third &&
        words[at + 3] === id.fourth
      )
        return at;
    }
  }
}

function isEmpty(words: Int32Array, at: number): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 0;
}
