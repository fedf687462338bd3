/** What stands for values that are not told apart; the conventions' own word. */
export const OTHER = '_OTHER';

/** Lets the first so many different values through, and makes one of all others. */
export class BoundedValues {
  readonly #known = new Set<string>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  admit(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#max) return OTHER;
    this.#known.add(value);
    return value;
  }
}
