export type { HttpOptions } from './http-client.ts';
export { openTraces } from './open-traces.ts';
export { spansSource } from './spans-source.ts';
export {
  type Operation,
  type ReadOptions,
  type ServiceCalls,
  type ServiceGraph,
  type TimeWindow,
  type TraceQuery,
  type TraceSource,
  TraceSourceError,
  type TraceSummary,
} from './trace-source.ts';
