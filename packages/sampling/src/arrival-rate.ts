const FIRST_WINDOW_SECONDS = 1;

/**
 * How often something happens, weighted exponentially: what was `windowSeconds` ago counts 37 %. It rises within a burst,
 * not after it. A clock that goes backwards or shows no number adds no time.
 */
export class ArrivalRate {
  readonly #windowSeconds: number;
  readonly #windowsPerMs: number;
  // Numbers from the start: else the engine keeps each in an object of its own, a new one whenever it changes.
  #count = 0;
  #seconds = FIRST_WINDOW_SECONDS;
  #lastMs = 0;

  constructor(windowSeconds: number, nowMs: number) {
    this.#windowSeconds = windowSeconds;
    this.#windowsPerMs = 0.001 / windowSeconds;
    this.#lastMs = nowMs;
  }

  /** Counts an arrival and returns the rate per second, this one included. */
  arrive(nowMs: number): number {
    const elapsed = nowMs - this.#lastMs;
    if (elapsed > 0) {
      const decay = decayOver(elapsed * this.#windowsPerMs);
      this.#count *= decay;
      this.#seconds = this.#seconds * decay + this.#windowSeconds * (1 - decay);
    }
    this.#lastMs = nowMs;
    this.#count += 1;
    return this.#count / this.#seconds;
  }

  /** When the last arrival was, by the clock in milliseconds. */
  get lastMs(): number {
    return this.#lastMs;
  }
}

// Arrivals follow each other closely where speed matters, and then two terms are as exact as the clock.
function decayOver(windows: number): number {
  return windows < 1e-3 ? 1 - windows * (1 - windows / 2) : Math.exp(-windows);
}
