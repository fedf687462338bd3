import { append } from './collections.ts';
import type { Span } from './span.ts';

/** The spans of each trace, in the order they came, by trace id. */
export function groupByTrace(spans: Iterable<Span>): Map<string, Span[]> {
  const traces = new Map<string, Span[]>();
  for (const span of spans) append(traces, span.traceId, span);
  return traces;
}
