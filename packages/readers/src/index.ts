export { openTraces } from './open-traces.ts';
export { spansSource } from './spans-source.ts';
export {
  type Operation,
  type ReadOptions,
  type TimeWindow,
  type TraceQuery,
  type TraceSource,
  TraceSourceError,
  type TraceSummary,
} from './trace-source.ts';
