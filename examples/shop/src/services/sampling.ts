import type { SamplingOptions } from '@throughline/sdk';

/** A request that takes longer is slow, in milliseconds. */
export const SLOW_MS = 200;

/** One trace in a hundred, and besides every one that fails or is slow, whole: the services tell each other. */
export const sampling: SamplingOptions = {
  ratio: 0.01,
  keep: { slowerThan: SLOW_MS, hold: '5s' },
  peers: { secret: process.env.SHOP_SECRET ?? 'only for the demo on this machine' },
};
