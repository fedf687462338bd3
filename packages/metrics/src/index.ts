export type { MetricsStats } from './http-metrics.ts';
export { type FastifyReply, metricsHandler, type ScrapeRequest, type ScrapeResponse } from './metrics-handler.ts';
export type { PromClient, PromRegistry } from './prometheus-instruments.ts';
export { type Metrics, type MetricsOptions, startMetrics } from './start-metrics.ts';
