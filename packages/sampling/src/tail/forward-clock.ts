/**
 * A clock that only goes forward, made from any other: where that one jumps back or shows no number, no time passes.
 */
export class ForwardClock {
  readonly #now: () => number;
  #shown = 0;
  #elapsed = 0;

  /** @param now a clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#shown = now();
  }

  /** The time since the clock was made, in milliseconds. */
  read(): number {
    const shown = this.#now();
    const elapsed = shown - this.#shown;
    if (elapsed > 0 && elapsed < Number.POSITIVE_INFINITY) this.#elapsed += elapsed;
    if (Number.isFinite(shown)) this.#shown = shown;
    return this.#elapsed;
  }
}
