import { DurationSketch, type Span, Statistics } from '@throughline/analysis';
import type { Rank, StatisticsAnswer } from '../api/messages.ts';
import { durationOf } from '../query/matcher.ts';
import type { OperationKey } from './trace-store.ts';

/** Statistics of each operation, that which takes most time in all first. */
export function operationStatistics(spans: Iterable<Span>): StatisticsAnswer['operations'] {
  const statistics = new Statistics();
  for (const span of spans) statistics.add(span);
  return statistics
    .result()
    .flatMap(({ service, operations }) =>
      operations.map(({ name, kind, calls, errors, p50, p95, p99, rate }) => ({
        service,
        name,
        kind,
        calls,
        errors,
        p50,
        p95,
        p99,
        rate,
      })),
    )
    .sort((a, b) => b.calls * b.p50 - a.calls * a.p50);
}

/** Where a duration lies among those of the spans of an operation. */
export function rankOf(spans: Iterable<Span>, { service, name, kind }: OperationKey, duration: number): Rank {
  const durations = new DurationSketch();
  let below = 0;
  for (const span of spans) {
    if (span.name !== name || span.kind !== kind || span.resource.service !== service) continue;
    const own = durationOf(span);
    durations.add(own);
    if (own < duration) below += 1;
  }
  const [p50 = 0, p95 = 0, p99 = 0] = durations.quantiles(0.5, 0.95, 0.99);
  return { percentile: below / Math.max(1, durations.count), spans: durations.count, p50, p95, p99 };
}
