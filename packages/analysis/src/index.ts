export { CLOCK_TOLERANCE, isAsynchronous } from './asynchronous.ts';
export { buildTrace } from './build-trace.ts';
export { type CriticalPath, type CriticalPathOptions, criticalPath, type Interval } from './critical-path.ts';
export { groupByTrace } from './group-by-trace.ts';
export { selfTimes } from './self-times.ts';
export type { Attributes, AttributeValue, Resource, Scope, Span, SpanEvent, SpanKind, SpanLink } from './span.ts';
export type { Trace, TraceSpan, TraceWarning } from './trace.ts';
