import { checkOptions, type OptionChecks } from '@throughline/core/options';
import { aRatio } from './option-checks.ts';
import { ParentBasedSampler } from './parent-based.ts';
import type { Sampler } from './sampler.ts';
import { shareOf } from './share.ts';

/** What all samplers have in common. */
export type ConsistentSamplerOptions = {
  /**
   * The share of traces to keep, from 0 to 1.
   * @default 1
   */
  ratio?: number;
  /**
   * Whether spans that are not sampled are recorded all the same, for a processor that may keep them yet. An exporting
   * processor leaves them out.
   * @default false
   */
  record?: boolean;
};

/** What these options accept. */
export const consistentSamplerChecks: OptionChecks<ConsistentSamplerOptions> = {
  ratio: aRatio,
  record: ['true or false', (value) => typeof value === 'boolean'],
};

/**
 * Makes a sampler that keeps a fixed share of traces, whole: a trace that one service keeps at 1 % is kept by every service
 * that keeps 1 % or more, and `tracestate` says by how much to multiply it (`ot=th:fd70a` is 1 %). Spans with a parent follow
 * the parent. Throws a `TypeError` for a wrong option.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 */
export function consistentSampler(options: ConsistentSamplerOptions = {}): Sampler {
  checkOptions('sampling', options, consistentSamplerChecks);
  const { ratio = 1, record = false } = options;
  const share = shareOf(ratio);
  return new ParentBasedSampler(`ConsistentSampler{${ratio}}`, record, ratio, () => share);
}
