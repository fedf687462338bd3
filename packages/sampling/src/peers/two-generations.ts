/**
 * A map that forgets what was not asked for in a while, thousands at a time and without a timer: what is new is in one map,
 * what is older in another, which goes when the first is full.
 */
export class TwoGenerations<Value> {
  readonly #size: number;
  #young = new Map<string, Value>();
  #old = this.#young;

  /** @param size so many entries are remembered for certain, and at most twice as many */
  constructor(size: number) {
    this.#size = size;
  }

  /** The value, which counts as new from now on. */
  get(key: string): Value | undefined {
    const value = this.#young.get(key);
    if (value !== undefined || this.#old === this.#young) return value;
    const older = this.#old.get(key);
    if (older === undefined) return undefined;
    this.#old.delete(key);
    this.set(key, older);
    return older;
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#size) this.rotate();
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  /** Forgets what is older. */
  rotate(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }
}
