import { checkOptions, is, type OptionChecks } from '@throughline/core/options';
import type { Candidate } from './candidate.ts';
import { FailureObserver, type SpanObserver } from './failure-observer.ts';
import { type HeadSamplerOptions, headSamplerChecks, readHeadOptions } from './head-options.ts';
import { aPositiveNumber, aRatio } from './option-checks.ts';
import { ParentBasedSampler } from './parent-based.ts';
import { RouteTable } from './route-table.ts';
import type { Sampler } from './sampler.ts';
import type { Share } from './share.ts';

/** What an adaptive sampler needs to know. */
export type AdaptiveSamplerOptions = HeadSamplerOptions & {
  /**
   * So many traces a second are kept on average of each route, at most; this process counts those that begin in it.
   * @default 1
   */
  target?: number;
  /**
   * Over which time the rate of a route is weighted, in seconds: traffic that old counts 37 %. A longer one is steadier, a
   * shorter one lets less of a burst pass: one of x times the usual rate gets about `target * windowSeconds * ln(x)` more.
   * @default 2
   */
  windowSeconds?: number;
  /**
   * What is counted together.
   * @default the name of the span: the method, and the route where the framework knows it at the start, as Fastify does
   */
  key?: (candidate: Candidate) => string;
  /**
   * Raises the target of routes that fail more often than usual. The sampler learns of failures through its `observer`.
   * @default never
   */
  errors?: ErrorBoost;
};

/** When an adaptive sampler raises its target, and by how much. */
export type ErrorBoost = {
  /**
   * The share of failing requests above which a route counts as failing, from 0 to 1.
   * @default 0.05
   */
  above?: number;
  /**
   * What the target of a failing route is multiplied by.
   * @default 10
   */
  times?: number;
};

/** An adaptive sampler; its observer is a span processor that tells it which requests failed, needed for `errors` only. */
export type AdaptiveSampler = Sampler & { readonly observer: SpanObserver };

/** What an adaptive sampler has beside what all head samplers have. */
export type AdaptiveTarget = Pick<AdaptiveSamplerOptions, 'target' | 'windowSeconds' | 'key' | 'errors'>;

export const adaptiveTargetChecks: OptionChecks<AdaptiveTarget> = {
  target: aPositiveNumber,
  windowSeconds: aPositiveNumber,
  key: is.function,
  errors: is.object,
};
const adaptiveChecks: OptionChecks<AdaptiveSamplerOptions> = { ...headSamplerChecks, ...adaptiveTargetChecks };
const errorBoostChecks: OptionChecks<ErrorBoost> = {
  above: aRatio,
  times: aPositiveNumber,
};

/**
 * Makes a sampler that keeps about the same number of traces of every route, however busy it is: all of a rare one, few of
 * a frequent one. It weighs how often each route is called and reduces the share that rules and ratio give it, so that
 * every kept trace states its true share. Throws a `TypeError` for a wrong option.
 */
export function adaptiveSampler(options: AdaptiveSamplerOptions = {}): AdaptiveSampler {
  const { ratio, record, now, choose } = readHeadOptions(options, adaptiveChecks);
  const { target = 1, windowSeconds = 2, key = ({ name }) => name, errors } = options;
  if (errors !== undefined) checkOptions('sampling', errors, errorBoostChecks, 'errors.');
  const { above = 0.05, times = 10 } = errors ?? { times: 1 };
  const routes = new RouteTable(windowSeconds, now());

  function adapt(candidate: Candidate): Share {
    const share = choose(candidate);
    const nowMs = now();
    const { arrivals, failing, reducer } = routes.at(key(candidate), nowMs);
    const wanted = failing > above ? target * times : target;
    return reducer.reduce(share, (arrivals.arrive(nowMs) * share.ratio) / wanted);
  }

  const sampler = new ParentBasedSampler(`AdaptiveSampler{${target}/s}`, record, ratio, adapt);
  return Object.assign(sampler, { observer: new FailureObserver((candidate) => routes.at(key(candidate), now())) });
}
