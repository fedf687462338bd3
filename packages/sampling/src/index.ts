export {
  type AdaptiveSampler,
  type AdaptiveSamplerOptions,
  adaptiveSampler,
  type ErrorBoost,
} from './adaptive-sampler.ts';
export type { Candidate } from './candidate.ts';
export {
  type CollectorConfig,
  type CollectorConfigOptions,
  collectorConfig,
  type SamplingPolicy,
} from './collector/collector-config.ts';
export { type ConsistentSamplerOptions, consistentSampler } from './consistent-sampler.ts';
export type { ObservedSpan, SpanObserver } from './failure-observer.ts';
export type { HeadSamplerOptions, RatioFunction } from './head-options.ts';
export {
  type JaegerRemoteSampler,
  type JaegerRemoteSamplerOptions,
  jaegerRemoteSampler,
} from './jaeger-remote-sampler.ts';
export { agreeWithFlag, readRandomness, readThreshold, writeThreshold } from './ot-trace-state.ts';
export { KeepPeers } from './peers/keep-peers.ts';
export type { KeepInbox, KeepTransport } from './peers/keep-transport.ts';
export { type NatsConnection, natsKeepTransport } from './peers/nats-keep-transport.ts';
export { type PeerOptions, type PeerSettings, readPeerOptions } from './peers/peer-options.ts';
export type { PeerStats } from './peers/peer-stats.ts';
export { type RedisClient, redisKeepTransport } from './peers/redis-keep-transport.ts';
export { type RateLimitSamplerOptions, rateLimitSampler } from './rate-limit-sampler.ts';
export { ruleSampler } from './rule-sampler.ts';
export type { Decision, Sampler, SamplingResult } from './sampler.ts';
export type { SamplingRule } from './sampling-rule.ts';
export { type HeldSpan, readableSpanAccess, type SpanAccess, valueBytes } from './tail/held-span.ts';
export { type HoldProcessor, holdProcessor } from './tail/hold-processor.ts';
export type { HoldStats } from './tail/hold-stats.ts';
export { type KeepOptions, type KeepSettings, readKeepOptions, type Slowness } from './tail/keep-options.ts';
export { keepTrace, reachByKeepTrace } from './tail/keep-trace.ts';
export { sampleAtEnd } from './tail/kept-context.ts';
export type { KeptSpans } from './tail/kept-outlet.ts';
export { ATTR_OMITTED, ATTR_REASON, type SpanShelf } from './tail/span-shelf.ts';
export { TailHold } from './tail/tail-hold.ts';
export type { KeepReason, Verdict } from './tail/verdicts.ts';
export { NEVER, randomnessOf, ratioOf, type Threshold, thresholdOf } from './threshold.ts';
export { hexWord, NIBBLES, TraceId, type TraceWords } from './trace-id.ts';
