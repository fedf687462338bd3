import { ArrivalRate } from './arrival-rate.ts';
import type { Candidate } from './candidate.ts';
import { isNumber, isRatio } from './option-checks.ts';
import { nearbyShare, type Share, shareOf, thinnedShare } from './share.ts';
import { TokenBucket } from './token-bucket.ts';

/** What Jaeger wants a service to do, ready for use. */
export type JaegerStrategy = { readonly description: string; readonly choose: (candidate: Candidate) => Share };

type Bounds = { readonly lower: number; readonly upper: number };

const MAX_OPERATIONS = 2000;
const WINDOW_SECONDS = 10;

/**
 * Reads a sampling strategy of Jaeger's: probabilistic, rate limiting, or per operation with bounds in traces a second.
 * `undefined` if it is none, or if any number in it makes no sense: half a strategy is worse than the one before.
 *
 * @see https://www.jaegertracing.io/docs/latest/sampling/
 */
export function readJaegerStrategy(answer: unknown, now: () => number): JaegerStrategy | undefined {
  if (!isRecord(answer)) return undefined;
  // An agent always sends the first two, if only as a default, beside what it means.
  if (isRecord(answer.operationSampling)) return perOperation(answer.operationSampling, now);
  const kind = answer.strategyType ?? (isRecord(answer.rateLimitingSampling) ? 'RATE_LIMITING' : 'PROBABILISTIC');
  if (kind === 'PROBABILISTIC' || kind === 0) return probabilistic(answer.probabilisticSampling);
  if (kind === 'RATE_LIMITING' || kind === 1) return rateLimiting(answer.rateLimitingSampling, now);
  return undefined;
}

function probabilistic(sampling: unknown): JaegerStrategy | undefined {
  const rate = rateOf(sampling);
  if (rate === undefined) return undefined;
  const share = shareOf(rate);
  return { description: `probabilistic ${rate}`, choose: () => share };
}

function rateLimiting(sampling: unknown, now: () => number): JaegerStrategy | undefined {
  const perSecond = isRecord(sampling) ? (sampling.maxTracesPerSecond ?? 0) : undefined;
  if (!isNumber(perSecond) || perSecond < 0) return undefined;
  if (perSecond === 0) return { description: 'rate limiting 0/s', choose: () => shareOf(0) };
  const bucket = new TokenBucket(perSecond, now());
  const choose = (): Share => {
    const share = thinnedShare(shareOf(1), bucket.thinning(now()));
    bucket.take(share.ratio);
    return share;
  };
  return { description: `rate limiting ${perSecond}/s`, choose };
}

function perOperation(sampling: Record<string, unknown>, now: () => number): JaegerStrategy | undefined {
  const { perOperationStrategies: listed = [], defaultSamplingProbability: rate = 0 } = sampling;
  const { defaultLowerBoundTracesPerSecond: lower = 0 } = sampling;
  // Protobuf's JSON leaves out zeros and has no infinity: 0 means no bound.
  const upper = sampling.defaultUpperBoundTracesPerSecond || Number.POSITIVE_INFINITY;
  if (!Array.isArray(listed) || listed.length > MAX_OPERATIONS || !isRatio(rate)) return undefined;
  if (!isNumber(lower) || lower < 0 || typeof upper !== 'number' || !(upper > 0)) return undefined;
  const bounds = { lower, upper };
  const operations = new Map<string, () => Share>();
  for (const strategy of listed as unknown[]) {
    const own = isRecord(strategy) ? rateOf(strategy.probabilisticSampling) : undefined;
    if (!isRecord(strategy) || typeof strategy.operation !== 'string' || own === undefined) return undefined;
    operations.set(strategy.operation, boundedShare(own, bounds, now));
  }
  const otherwise = boundedShare(rate, bounds, now);
  return {
    description: `per operation, ${operations.size} of them, otherwise ${rate}`,
    choose: ({ name }) => (operations.get(name) ?? otherwise)(),
  };
}

function boundedShare(rate: number, { lower, upper }: Bounds, now: () => number): () => Share {
  const share = shareOf(rate);
  if (lower === 0 && upper === Number.POSITIVE_INFINITY) return () => share;
  const arrivals = new ArrivalRate(WINDOW_SECONDS, now());
  return () => {
    const perSecond = arrivals.arrive(now());
    if (perSecond * share.ratio < lower) return nearbyShare(lower / perSecond);
    return perSecond * share.ratio > upper ? nearbyShare(upper / perSecond) : share;
  };
}

function rateOf(sampling: unknown): number | undefined {
  const rate = isRecord(sampling) ? (sampling.samplingRate ?? 0) : undefined;
  return isRatio(rate) ? rate : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
