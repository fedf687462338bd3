import { createTraceState } from '@opentelemetry/api';
import { RECORD_AND_SAMPLED, type SamplingResult } from './sampler.ts';
import { NEVER, ratioOf, type Threshold, thresholdOf } from './threshold.ts';

/** The share of traces to keep, with all that a decision needs worked out. Shares are immutable and may be compared. */
export type Share = {
  /** From 0 to 1, as exact as the threshold. */
  readonly ratio: number;
  readonly threshold: Threshold;
  /** How often the ratio has been halved, in sixteenths; infinite for a ratio of 0. */
  readonly steps: number;
  /** The result for a kept trace whose `tracestate` was empty. */
  readonly kept: SamplingResult;
};

/** Into so many steps the ladder of `thinnedShare` divides a halving: neighbours differ by 4.4 %. */
export const STEPS_PER_HALVING = 16;

const HALF_A_STEP = 2 ** (0.5 / STEPS_PER_HALVING);
const MAX_STEPS = 50 * STEPS_PER_HALVING;
const MAX_SHARES = 1024;
const shares = new Map<number, Share>();
const ladder: Share[] = [];

/** The share for a ratio from 0 to 1. */
export function shareOf(ratio: number): Share {
  const known = shares.get(ratio);
  if (known !== undefined) return known;
  if (shares.size >= MAX_SHARES) shares.clear(); // a function of the user may return any number of ratios
  const share = createShare(ratio);
  shares.set(ratio, share);
  return share;
}

/** A share for a ratio that moves all the time: the nearest of some hundred. Whatever is above 1 counts as 1. */
export function nearbyShare(ratio: number): Share {
  const all = shareOf(1);
  return thinnedShare(all, -STEPS_PER_HALVING * Math.log2(ratio));
}

/**
 * A smaller share, for samplers that move the ratio all the time: as many steps below `share` as given, rounded so that
 * there are only some hundred different ones. One that is above 0 never becomes 0.
 */
export function thinnedShare(share: Share, steps: number): Share {
  if (!(steps > 0) || share.threshold === NEVER) return share;
  const rung = Math.min(MAX_STEPS, Math.round(share.steps + steps));
  if (rung <= share.steps) return share;
  ladder[rung] ??= createShare(2 ** (-rung / STEPS_PER_HALVING));
  return ladder[rung];
}

/**
 * Reduces shares by a factor that moves little from one time to the next: the last result, and for which factors it is the
 * same, are remembered, as a logarithm takes a fifth of the time of a decision.
 */
export class ShareReducer {
  #share: Share | undefined;
  #reduced: Share | undefined;
  #from = Number.NaN;
  #to = Number.NaN;

  /** The share divided by a factor, as `thinnedShare` rounds it; the share itself for a factor of up to 1. */
  reduce(share: Share, factor: number): Share {
    if (!(factor > 1)) return share;
    if (share === this.#share && factor >= this.#from && factor < this.#to) return this.#reduced as Share;
    const reduced = thinnedShare(share, STEPS_PER_HALVING * Math.log2(factor));
    const middle = 2 ** ((reduced.steps - share.steps) / STEPS_PER_HALVING);
    this.#share = share;
    this.#reduced = reduced;
    this.#from = middle / HALF_A_STEP;
    this.#to = middle * HALF_A_STEP;
    return reduced;
  }
}

function createShare(ratio: number): Share {
  const threshold = thresholdOf(ratio);
  const exact = ratioOf(threshold);
  const traceState = createTraceState(`ot=th:${threshold}`);
  return {
    ratio: exact,
    threshold,
    steps: -STEPS_PER_HALVING * Math.log2(exact),
    kept: Object.freeze({ decision: RECORD_AND_SAMPLED, traceState }),
  };
}
