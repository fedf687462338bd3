export {
  type HoldStats,
  type KeepInbox,
  type KeepOptions,
  type KeepTransport,
  keepTrace,
  type NatsConnection,
  natsKeepTransport,
  type PeerOptions,
  type PeerStats,
  type RedisClient,
  redisKeepTransport,
} from '@throughline/sampling';
export type { ExporterName } from './exporter.ts';
export type { SpanCounts } from './loss.ts';
export type { StartTracingOptions } from './options.ts';
export type { Sampling, SamplingOptions } from './sampler.ts';
export { startTracing, type Tracing } from './start-tracing.ts';
