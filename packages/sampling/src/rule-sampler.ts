import { type HeadSamplerOptions, headSamplerChecks, readHeadOptions } from './head-options.ts';
import { ParentBasedSampler } from './parent-based.ts';
import type { Sampler } from './sampler.ts';

/**
 * Makes a sampler that keeps another share of certain traces, by rules or by a function of yours. Rules see what the first
 * span starts with; they cannot know an error or a duration. Throws a `TypeError` for a wrong option or rule.
 *
 * @example
 * ruleSampler({ ratio: 0.01, rules: [{ route: '/api/payments/*', ratio: 1 }, { route: '/health', ratio: 0 }] });
 */
export function ruleSampler(options: HeadSamplerOptions = {}): Sampler {
  const { ratio, record, choose } = readHeadOptions(options, headSamplerChecks);
  return new ParentBasedSampler(`RuleSampler{${ratio}}`, record, ratio, choose);
}
