export {
  type Operation,
  type ReadOptions,
  type TimeWindow,
  type TraceQuery,
  type TraceSource,
  TraceSourceError,
  type TraceSummary,
} from './trace-source.ts';
