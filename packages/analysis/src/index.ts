export { buildTrace } from './build-trace.ts';
export { groupByTrace } from './group-by-trace.ts';
export type { Attributes, AttributeValue, Resource, Scope, Span, SpanEvent, SpanKind, SpanLink } from './span.ts';
export type { Trace, TraceSpan, TraceWarning } from './trace.ts';
