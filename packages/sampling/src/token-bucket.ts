import { STEPS_PER_HALVING } from './share.ts';

/**
 * A bucket that fills with `perSecond` tokens a second; every trace costs as much of a token as its chance to be kept. It
 * never says no: while it has tokens nothing changes, and the deeper it is in debt the smaller the chance, until what it
 * costs and what comes in meet. So the chance is known before the dice are cast, which makes `th` true, and the sum of all
 * chances is what the bucket gives.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #size: number;
  readonly #stepsPerToken: number;
  // Numbers from the start: else the engine keeps each in an object of its own, a new one whenever it changes.
  #tokens = 0;
  #lastMs = 0;

  /** The bucket starts full, with the tokens of half a second. */
  constructor(perSecond: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#size = Math.max(1, perSecond / 2);
    // A debt of 1/16 s divides the chance by e: a thousandfold burst gets away with 0.43 s worth of tokens.
    this.#stepsPerToken = STEPS_PER_HALVING / (Math.LN2 * Math.max(0.5, perSecond / 16));
    this.#tokens = this.#size;
    this.#lastMs = nowMs;
  }

  /** By how many steps the share of a trace is to be reduced now. */
  thinning(nowMs: number): number {
    const elapsed = nowMs - this.#lastMs;
    // A clock that goes backwards, or that shows no number, adds nothing.
    if (elapsed > 0) this.#tokens = Math.min(this.#size, this.#tokens + elapsed * this.#perMs);
    this.#lastMs = nowMs;
    return this.#tokens > 0 ? 0 : -this.#tokens * this.#stepsPerToken;
  }

  /** Takes what a trace costs that is kept with this chance. */
  take(ratio: number): void {
    this.#tokens -= ratio;
  }
}
