/**
 * A map that forgets what was not asked for in a while, thousands at a time and without a timer: what is new is in one map,
 * what is older in another, which goes when the first is full or old.
 */
export class TwoGenerations<Value> {
  readonly #size: number;
  readonly #ageMs: number;
  #bornMs = performance.now();
  #young = new Map<string, Value>();
  #old = this.#young;

  /**
   * @param size at most twice as many entries are remembered
   * @param ageMs for so long they are, if there are not more of them
   */
  constructor(size: number, ageMs: number) {
    this.#size = size;
    this.#ageMs = ageMs;
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
    if (this.#young.size >= this.#size || performance.now() - this.#bornMs >= this.#ageMs) this.#rotate();
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #rotate(): void {
    this.#bornMs = performance.now();
    this.#old = this.#young;
    this.#young = new Map();
  }
}
