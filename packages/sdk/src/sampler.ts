import type { Sampler } from '@opentelemetry/sdk-trace-node';
import {
  type AdaptiveSamplerOptions,
  adaptiveSampler,
  type JaegerRemoteSamplerOptions,
  jaegerRemoteSampler,
  type KeepOptions,
  type PeerOptions,
  type PeerSettings,
  type RatioFunction,
  rateLimitSampler,
  readPeerOptions,
  ruleSampler,
  type SamplingRule,
  type SpanObserver,
} from '@throughline/sampling';
import { environmentSampler } from './environment-sampler.ts';

/** Which traces to keep: by shares and limits, or a sampler of your own. */
export type Sampling = SamplingOptions | Sampler;

/** Decides about the traces that begin in this service; all others are decided by the caller. */
export type SamplingOptions = {
  /**
   * The share of traces to keep, from 0 to 1.
   * @default 1
   */
  ratio?: number;
  /**
   * Shares of certain requests, by route or path, method or attributes; the first rule that applies counts, or a function.
   * @default []
   */
  rules?: readonly SamplingRule[] | RatioFunction;
  /**
   * How many traces to keep a second, on average, at most.
   * @default no limit
   */
  perSecond?: number;
  /**
   * Keeps about so many traces a second of every route, all of a rare one and few of a frequent one. Excludes `perSecond`.
   * @default off
   */
  adaptive?: Pick<AdaptiveSamplerOptions, 'target' | 'windowSeconds' | 'key' | 'errors'>;
  /**
   * Asks Jaeger, or whatever speaks its protocol, for shares and limits again and again; `ratio` counts until it has answered,
   * and is 0.001 by default. Excludes `rules`, `perSecond` and `adaptive`.
   * @default off
   */
  jaegerRemote?: Omit<JaegerRemoteSamplerOptions, 'serviceName' | 'ratio' | 'record'>;
  /**
   * Which traces to keep besides, once it is known how they went: those with errors, slow ones, those that `keepTrace()`
   * names. All spans are recorded then, and held for some seconds.
   * @default off
   */
  keep?: Omit<KeepOptions, 'now'>;
  /**
   * Which instances keep traces whole together with this one: those that know the same secret. Needs `keep`.
   * @default none: what `keep` keeps is whole in this process, and in services called later
   */
  peers?: PeerOptions;
};

/** A sampler, who must see all spans for it, and what to keep of those it does not sample. */
export type HeadSampling = {
  readonly sampler: Sampler;
  readonly observer?: SpanObserver;
  readonly keep?: KeepOptions;
  readonly peers?: PeerSettings;
  /** To be called when no more spans are made. */
  stop?(): void;
};

/**
 * The sampler of the option, else of `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, else one that keeps all traces
 * that begin here and decides like the caller for all others. Throws for anything it does not understand: a typing error
 * must not sample everything.
 */
export function createSampler(sampling: Sampling | undefined, serviceName: string): HeadSampling {
  if (sampling === undefined) return { sampler: environmentSampler() };
  if (isSampler(sampling)) return { sampler: sampling };
  const { keep, peers, ...head } = sampling;
  if (keep === undefined && peers !== undefined) {
    throw new TypeError(
      '[sdk] `sampling.peers` needs `sampling.keep`: add `keep: {}`, which keeps errors, or remove it.',
    );
  }
  if (keep === undefined) return headSampling(head, false, serviceName);
  return {
    ...headSampling(head, true, serviceName),
    keep,
    ...(peers !== undefined && { peers: readPeerOptions(peers) }),
  };
}

function headSampling(
  { perSecond, adaptive, jaegerRemote, ...shared }: Omit<SamplingOptions, 'keep' | 'peers'>,
  record: boolean,
  serviceName: string,
): HeadSampling {
  if (jaegerRemote !== undefined) {
    const others = { rules: shared.rules, perSecond, adaptive };
    return followJaeger(jaegerRemote, shared.ratio, record, serviceName, others);
  }
  const shares = { ...shared, record };
  if (perSecond !== undefined && adaptive !== undefined) {
    throw new TypeError('[sdk] `sampling.perSecond` and `sampling.adaptive` exclude each other. Remove one of them.');
  }
  if (perSecond !== undefined) return { sampler: rateLimitSampler({ ...shares, perSecond }) };
  if (adaptive === undefined) return { sampler: ruleSampler(shares) };
  const sampler = adaptiveSampler({ ...shares, ...adaptive });
  return adaptive.errors === undefined ? { sampler } : { sampler, observer: sampler.observer };
}

function followJaeger(
  options: NonNullable<SamplingOptions['jaegerRemote']>,
  ratio: number | undefined,
  record: boolean,
  serviceName: string,
  others: Readonly<Record<string, unknown>>,
): HeadSampling {
  for (const [name, value] of Object.entries(others)) {
    if (value === undefined) continue;
    throw new TypeError(
      `[sdk] \`sampling.jaegerRemote\` and \`sampling.${name}\` exclude each other. Remove one of them.`,
    );
  }
  const sampler = jaegerRemoteSampler({ ...options, ...(ratio !== undefined && { ratio }), record, serviceName });
  return { sampler, stop: () => sampler.stop() };
}

/** Whether a value is a sampler, of either SDK line. */
export function isSampler(value: unknown): value is Sampler {
  return (
    typeof value === 'object' && value !== null && 'shouldSample' in value && typeof value.shouldSample === 'function'
  );
}

/** Whether a value is a share of traces. */
export function isRatio(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
