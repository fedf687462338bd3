import { checkOptions, is, type OptionChecks } from '@throughline/core/options';
import { monotonicClock } from '../monotonic-clock.ts';
import { aPositiveNumber, isNumber } from '../option-checks.ts';
import { ROUTE_PATTERN, routePattern } from '../route-pattern.ts';
import { DURATION_FORM, readDuration } from './duration.ts';
import { memoryUse } from './memory-pressure.ts';

/** What is slow: a duration such as `'300ms'` or `'1s'`, a number of milliseconds, or the slowest in a hundred of its route. */
export type Slowness = string | number | 'p99';

/** Which traces to keep that the sampler did not sample, once it is known how they went. */
export type KeepOptions = {
  /**
   * Keeps traces with an error in this process: a span with the status ERROR, a 5xx or an `error.type`.
   * @default true
   */
  errors?: boolean;
  /**
   * Keeps traces whose first span in this process takes longer; `'p99'` are the slowest in a hundred of each route.
   * @default never
   */
  slowerThan?: Slowness;
  /**
   * What is slow for certain routes: patterns as in `rules`, of which the first that applies counts.
   * @default {}
   */
  routes?: Readonly<Record<string, Slowness>>;
  /**
   * About so many traces a second are kept at most, half a second's worth at once. Beyond that fewer and fewer are, the same
   * ones in every service, and each states the true share.
   * @default 500
   */
  perSecond?: number;
  /**
   * How long a trace is held after its last span in this process has ended.
   * @default '10s'
   */
  hold?: string | number;
  /**
   * About how much memory held spans may take, in bytes, at least 5000. The oldest trace goes first.
   * @default 33554432, which is 32 MB
   */
  maxBytes?: number;
  /**
   * A clock in milliseconds.
   * @default performance.now
   */
  now?: () => number;
};

/** What the options come to, in milliseconds. */
export type KeepSettings = {
  readonly errors: boolean;
  readonly slowerThan: number | 'p99' | undefined;
  readonly routes: readonly { readonly matches: (route: string) => boolean; readonly slowerThan: number | 'p99' }[];
  readonly perSecond: number;
  readonly holdMs: number;
  readonly maxBytes: number;
  readonly now: () => number;
  /** Which share of its memory the process uses; above 0.9 nothing is held. */
  readonly memoryUse: () => number;
};

const SLOWNESS = `'p99' or ${DURATION_FORM}`;

const keepChecks: OptionChecks<KeepOptions> = {
  errors: ['true or false', (value) => typeof value === 'boolean'],
  slowerThan: [SLOWNESS, (value) => readSlowness(value) !== undefined],
  routes: is.object,
  perSecond: aPositiveNumber,
  hold: [DURATION_FORM, (value) => readDuration(value) !== undefined],
  // With less there is no room for one trace, and even errors would go.
  maxBytes: ['a number of bytes, 5000 or more, such as 32 * 2 ** 20', (value) => isNumber(value) && value >= 5000],
  now: is.function,
};

/** Checks and reads the options. Throws a `TypeError` that names the first which is unknown or malformed. */
export function readKeepOptions(options: KeepOptions): KeepSettings {
  checkOptions('sampling', options, keepChecks, 'keep.');
  const { errors = true, slowerThan, routes = {}, perSecond = 500, hold = '10s', maxBytes = 32 * 2 ** 20 } = options;
  return {
    errors,
    slowerThan: readSlowness(slowerThan),
    routes: Object.entries(routes).map(([pattern, value]) => readRoute(pattern, value)),
    perSecond,
    holdMs: readDuration(hold) as number,
    maxBytes,
    now: options.now ?? monotonicClock(),
    memoryUse,
  };
}

function readSlowness(value: unknown): number | 'p99' | undefined {
  return value === 'p99' ? 'p99' : readDuration(value);
}

function readRoute(pattern: string, value: unknown): KeepSettings['routes'][number] {
  const shown = JSON.stringify(pattern.slice(0, 100));
  const matches = routePattern(pattern);
  if (matches === undefined) {
    throw new TypeError(`[sampling] Expected the names in \`keep.routes\` to be ${ROUTE_PATTERN}, got ${shown}.`);
  }
  const slowerThan = readSlowness(value);
  if (slowerThan !== undefined) return { matches, slowerThan };
  const got = typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : String(value);
  throw new TypeError(`[sampling] Expected \`keep.routes[${shown}]\` to be ${SLOWNESS}, got ${got}.`);
}
