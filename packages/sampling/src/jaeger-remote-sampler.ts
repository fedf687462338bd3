import { checkOptions, is, type OptionChecks } from '@throughline/core/options';
import { type ConsistentSamplerOptions, consistentSamplerChecks } from './consistent-sampler.ts';
import { pollJson } from './json-poll.ts';
import { aPositiveNumber } from './option-checks.ts';
import { ParentBasedSampler } from './parent-based.ts';
import type { Sampler } from './sampler.ts';
import { StrategyPoll } from './strategy-poll.ts';

/** Of whom to ask Jaeger, where and how often. */
export type JaegerRemoteSamplerOptions = ConsistentSamplerOptions & {
  /** The name of this service, of which Jaeger is asked. It must be given. */
  serviceName?: string;
  /**
   * Where Jaeger serves sampling strategies.
   * @default http://localhost:5778/sampling
   */
  endpoint?: string;
  /**
   * The share to keep until Jaeger has answered, from 0 to 1.
   * @default 0.001
   */
  ratio?: number;
  /**
   * The time from one question to the next, in milliseconds.
   * @default 60000
   */
  intervalMs?: number;
  /**
   * How long to wait for an answer, in milliseconds.
   * @default 5000
   */
  timeoutMs?: number;
  /**
   * Headers to send, such as credentials.
   * @default {}
   */
  headers?: Readonly<Record<string, string>>;
};

/** A sampler that follows Jaeger. */
export type JaegerRemoteSampler = Sampler & {
  /** Asks now. Resolves with whether there was a strategy in the answer; never rejects. */
  refresh(): Promise<boolean>;
  /** Asks no more, and goes on with the last strategy. */
  stop(): void;
};

const DEFAULT_ENDPOINT = 'http://localhost:5778/sampling';
// Beyond that, setTimeout takes a delay for 1 ms.
const MAX_DELAY_MS = 2 ** 31 - 1;

const delay = [
  'a number of milliseconds above 0 and below 2^31',
  (value: unknown) => aPositiveNumber[1](value) && (value as number) <= MAX_DELAY_MS,
] as const;

const jaegerChecks: OptionChecks<JaegerRemoteSamplerOptions> = {
  ...consistentSamplerChecks,
  serviceName: ['a non-empty string', (value) => typeof value === 'string' && value !== ''],
  endpoint: ['an http or https URL', isHttpUrl],
  intervalMs: delay,
  timeoutMs: delay,
  headers: [
    'an object of strings',
    (value) => is.object[1](value) && Object.values(value as object).every((text) => typeof text === 'string'),
  ],
};

/**
 * Makes a sampler that asks Jaeger, or whatever speaks its protocol, for the strategy of this service: probabilistic, rate
 * limiting, or per operation (the name of the span at its start). Where Jaeger cannot be reached or answers nonsense, the
 * last strategy stays; that is reported once until it answers again. Throws a `TypeError` for a wrong option.
 *
 * @see https://www.jaegertracing.io/docs/latest/sampling/#remote-sampling
 */
export function jaegerRemoteSampler(options: JaegerRemoteSamplerOptions): JaegerRemoteSampler {
  checkOptions('sampling', options, jaegerChecks);
  const { serviceName, endpoint = DEFAULT_ENDPOINT, ratio = 0.001, record = false } = options;
  const { intervalMs = 60_000, timeoutMs = 5000, headers = {} } = options;
  if (serviceName === undefined) {
    throw new TypeError('[sampling] `serviceName` is missing. Give the name that Jaeger knows this service by.');
  }
  const url = new URL(endpoint);
  url.searchParams.set('service', serviceName);
  const poll = new StrategyPoll(() => pollJson(url, headers, timeoutMs), intervalMs, ratio);
  const sampler = new ParentBasedSampler('JaegerRemoteSampler', record, ratio, (candidate) =>
    poll.strategy.choose(candidate),
  );
  return Object.assign(sampler, {
    refresh: () => poll.refresh(),
    stop: () => poll.stop(),
    toString: () => `JaegerRemoteSampler{${poll.strategy.description}}`,
  });
}

function isHttpUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  return /^https?:$/.test(new URL(value).protocol);
}
