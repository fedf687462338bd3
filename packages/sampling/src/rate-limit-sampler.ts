import type { OptionChecks } from '@throughline/core/options';
import { type HeadSamplerOptions, headSamplerChecks, readHeadOptions } from './head-options.ts';
import { aPositiveNumber } from './option-checks.ts';
import { ParentBasedSampler } from './parent-based.ts';
import type { Sampler } from './sampler.ts';
import { thinnedShare } from './share.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a rate limit needs to know. */
export type RateLimitSamplerOptions = HeadSamplerOptions & {
  /**
   * So many traces a second are kept on average, at most; this process counts those that begin in it.
   * @default 10
   */
  perSecond?: number;
};

const rateLimitChecks: OptionChecks<RateLimitSamplerOptions> = { ...headSamplerChecks, perSecond: aPositiveNumber };

/**
 * Makes a sampler that keeps at most so many traces a second, out of those that rules and ratio would keep. It does not
 * take the first ones of each second, which would be a sample of nothing: it reduces all shares alike, as fast as the traces
 * come in, so that every kept trace states its true share. Half a second's worth passes at once, and a burst of a
 * thousand times the limit gets about two seconds' worth in its first second. Throws a `TypeError` for a wrong option.
 */
export function rateLimitSampler(options: RateLimitSamplerOptions = {}): Sampler {
  const { ratio, record, now, choose } = readHeadOptions(options, rateLimitChecks);
  const { perSecond = 10 } = options;
  const bucket = new TokenBucket(perSecond, now());
  return new ParentBasedSampler(`RateLimitSampler{${perSecond}/s}`, record, ratio, (candidate) => {
    const share = thinnedShare(choose(candidate), bucket.thinning(now()));
    bucket.take(share.ratio);
    return share;
  });
}
