import { buildTrace, type Span } from '@throughline/analysis';
import type { TraceSummary } from './trace-source.ts';

/** What a list shows of a trace whose spans are all at hand. */
export function summaryOf(traceSpans: readonly Span[]): TraceSummary {
  const { traceId, roots, spans, startUnixNano, duration } = buildTrace(traceSpans);
  const root = roots[0]?.span;
  const counts = new Map<string, number>();
  let errorCount = 0;
  for (const { span } of spans) {
    const { service } = span.resource;
    counts.set(service, (counts.get(service) ?? 0) + 1);
    if (span.status === 'error') errorCount += 1;
  }
  return {
    traceId,
    rootService: root?.resource.service ?? '',
    rootName: root?.name ?? '',
    startUnixNano,
    duration,
    spanCount: spans.length,
    errorCount,
    services: [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, spanCount]) => ({ name, spanCount })),
  };
}

/** The latest first, and no more than the limit. */
export function latestFirst(summaries: readonly TraceSummary[], limit: number): TraceSummary[] {
  return summaries.toSorted(compareStarts).slice(0, limit);
}

function compareStarts(a: TraceSummary, b: TraceSummary): number {
  if (a.startUnixNano !== b.startUnixNano) return a.startUnixNano < b.startUnixNano ? 1 : -1;
  return a.traceId < b.traceId ? -1 : 1;
}
