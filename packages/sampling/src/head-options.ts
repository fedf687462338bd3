import { checkOptions, is, type OptionChecks } from '@throughline/core/options';
import type { Candidate } from './candidate.ts';
import { type ConsistentSamplerOptions, consistentSamplerChecks } from './consistent-sampler.ts';
import { monotonicClock } from './monotonic-clock.ts';
import { ratioChooser } from './ratio-chooser.ts';
import { compileRules, type SamplingRule } from './sampling-rule.ts';
import type { Share } from './share.ts';

/** Which share to keep of a trace that begins; `undefined` for the option `ratio`. */
export type RatioFunction = (candidate: Candidate) => number | undefined;

/** The options of all samplers that tell traces apart. */
export type HeadSamplerOptions = ConsistentSamplerOptions & {
  /**
   * Shares of certain traces: a list of which the first rule that applies counts, or a function. `ratio` is for the rest, and
   * for traces about which the function throws.
   * @default []
   */
  rules?: readonly SamplingRule[] | RatioFunction;
  /**
   * A clock in milliseconds that only goes forward.
   * @default performance.now
   */
  now?: () => number;
};

/** What these options accept. */
export const headSamplerChecks: OptionChecks<HeadSamplerOptions> = {
  ...consistentSamplerChecks,
  rules: ['an array of rules or a function', (value) => Array.isArray(value) || typeof value === 'function'],
  now: is.function,
};

/** What the options come to. */
export type HeadSettings = {
  readonly ratio: number;
  readonly record: boolean;
  readonly now: () => number;
  /** The share by rules and ratio alone. Throws if the user's function does, or returns no ratio. */
  readonly choose: (candidate: Candidate) => Share;
};

/** Checks and reads the options that all these samplers share. Throws a `TypeError` for a wrong one. */
export function readHeadOptions<Options extends HeadSamplerOptions>(
  options: Options,
  checks: OptionChecks<Options>,
): HeadSettings {
  checkOptions('sampling', options, checks);
  const { ratio = 1, record = false, rules = [], now = monotonicClock() } = options;
  const choose = ratioChooser(ratio, typeof rules === 'function' ? rules : compileRules(rules), now);
  return { ratio, record, now, choose };
}
