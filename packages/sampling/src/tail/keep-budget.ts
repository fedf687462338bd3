import { shareOf, thinnedShare } from '../share.ts';
import type { Threshold } from '../threshold.ts';
import { TokenBucket } from '../token-bucket.ts';

/**
 * How many traces may be kept by rule. When there are too many, the threshold rises that the randomness of a trace has to
 * reach, so that all services of a trace give up the same ones first.
 */
export class KeepBudget {
  readonly #bucket: TokenBucket;

  constructor(perSecond: number, nowMs: number) {
    this.#bucket = new TokenBucket(perSecond, nowMs);
  }

  /** The threshold that a trace of this randomness has passed, now; `undefined` if it has not. */
  admit(randomness: string, nowMs: number): Threshold | undefined {
    const { threshold, ratio } = thinnedShare(shareOf(1), this.#bucket.thinning(nowMs));
    this.#bucket.take(ratio);
    return randomness >= threshold ? threshold : undefined;
  }

  /** Takes note of a trace that is kept whatever the budget says. It brings no debt, which others would have to pay. */
  charge(nowMs: number): void {
    if (this.#bucket.thinning(nowMs) === 0) this.#bucket.take(1);
  }
}
