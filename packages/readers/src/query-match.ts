import type { Span } from '@throughline/analysis';
import type { TimeWindow, TraceQuery } from './trace-source.ts';

/** Whether one of the spans is what the query describes. */
export function matchesTrace(spans: readonly Span[], query: TraceQuery): boolean {
  return spans.some((span) => matchesSpan(span, query));
}

/** Whether a span is all of what the query describes. */
function matchesSpan(span: Span, query: TraceQuery): boolean {
  const { service, operation, kind, error, minDurationMs, maxDurationMs, attributes } = query;
  if (service !== undefined && span.resource.service !== service) return false;
  if (operation !== undefined && span.name !== operation) return false;
  if (kind !== undefined && span.kind !== kind) return false;
  if (error !== undefined && (span.status === 'error') !== error) return false;
  if (minDurationMs !== undefined || maxDurationMs !== undefined) {
    const duration = Number(span.endUnixNano - span.startUnixNano) / 1e6;
    if (duration < (minDurationMs ?? 0) || duration > (maxDurationMs ?? Number.POSITIVE_INFINITY)) return false;
  }
  if (!startsWithin(span, query)) return false;
  return Object.entries(attributes ?? {}).every(
    ([key, value]) => textOf(span.attributes[key]) === value || textOf(span.resource.attributes[key]) === value,
  );
}

/** Whether a span starts within the time; both ends count. */
export function startsWithin({ startUnixNano }: Span, { fromMs, toMs }: TimeWindow): boolean {
  const start = Number(startUnixNano) / 1e6;
  return start >= (fromMs ?? Number.NEGATIVE_INFINITY) && start <= (toMs ?? Number.POSITIVE_INFINITY);
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
