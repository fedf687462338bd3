import { DurationSketch } from '@throughline/analysis';
import { type HeatMap, type Rank, SPAN_KINDS, SPAN_STATUSES, type StatisticsAnswer } from '../api/messages.ts';
import { SqlValues } from '../query/sql-filter.ts';
import { candidates } from './duckdb-candidates.ts';
import type { DuckDbReader } from './duckdb-reader.ts';
import { matchingSpans } from './duckdb-search.ts';
import { FIRST_BOUND, heatMapFrom, MAX_ROWS, ROWS_PER_DECADE } from './heat-map.ts';
import type { OperationKey, Selection } from './trace-store.ts';

const FAILED = SPAN_STATUSES.indexOf('error');

/** Counts, errors and quantiles of each operation: the database counts durations in buckets of 2 %. */
export async function operationRows(
  reader: DuckDbReader,
  selection: Selection,
): Promise<StatisticsAnswer['operations']> {
  const values = new SqlValues();
  const stored = await candidates(reader, selection.filter);
  const rows = await reader.rows(
    `SELECT s.service, s.name, s.kind, ceil(ln(greatest(s.duration, 1)) / ln(1.02))::INTEGER AS bucket,
       sum(s.weight), coalesce(sum(s.weight) FILTER (WHERE s.status = ${FAILED}), 0), min(s.start_ns), max(s.start_ns)
     ${matchingSpans(selection, values, stored)} GROUP BY ALL`,
    values,
  );
  const operations = new Map<string, Counted>();
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const [service, name, kind, bucket, weight, errors, start, end] of rows) {
    first = Math.min(first, Number(start));
    last = Math.max(last, Number(end));
    const key = `${service}\n${name}\n${kind}`;
    let counted = operations.get(key);
    if (counted === undefined) {
      counted = { service: service as string, name: name as string, kind: kind as number, errors: 0, ...newSketch() };
      operations.set(key, counted);
    }
    counted.durations.add(middleOf(bucket as number), weight as number);
    counted.errors += errors as number;
  }
  const seconds = (last - first) / 1e9;
  return [...operations.values()]
    .map(({ service, name, kind, errors, durations }) => {
      const [p50 = 0, p95 = 0, p99 = 0] = durations.quantiles(0.5, 0.95, 0.99);
      const calls = durations.count;
      const rate = seconds > 0 ? calls / seconds : 0;
      return { service, name, kind: SPAN_KINDS[kind] ?? 'internal', calls, errors, p50, p95, p99, rate };
    })
    .sort((a, b) => b.calls * b.p50 - a.calls * a.p50);
}

/** Where a duration lies among those of an operation. */
export async function rankRow(reader: DuckDbReader, operation: OperationKey, duration: number): Promise<Rank> {
  const values = new SqlValues();
  const [[all, below, quantiles] = []] = await reader.rows(
    `SELECT count(*), count(*) FILTER (WHERE duration < ${values.add(duration)}), approx_quantile(duration, [0.5, 0.95, 0.99])
     FROM spans WHERE service = ${values.add(operation.service)} AND name = ${values.add(operation.name)}
       AND kind = ${SPAN_KINDS.indexOf(operation.kind)}`,
    values,
  );
  const spans = Number(all ?? 0);
  const [p50 = 0, p95 = 0, p99 = 0] = ((quantiles ?? []) as readonly (number | bigint)[]).map(Number);
  return { percentile: spans === 0 ? 0 : Number(below) / spans, spans, p50, p95, p99 };
}

/** Counts spans by when they started and how long they took. */
export async function heatMapRows(reader: DuckDbReader, selection: Selection, columns: number): Promise<HeatMap> {
  let { fromMs, toMs } = selection;
  const stored = await candidates(reader, selection.filter);
  if (fromMs === undefined || toMs === undefined) {
    const values = new SqlValues();
    const [[first, last] = []] = await reader.rows(
      `SELECT min(s.start_ns), max(s.start_ns) ${matchingSpans(selection, values, stored)}`,
      values,
    );
    fromMs ??= Number(first ?? 0) / 1e6;
    toMs ??= Math.max(fromMs, Number(last ?? 0) / 1e6);
  }
  const values = new SqlValues();
  const from = values.add(fromMs);
  const width = values.add(Math.max(toMs - fromMs, Number.MIN_VALUE));
  const rows = await reader.rows(
    `SELECT
       CASE WHEN s.duration <= ${FIRST_BOUND} THEN 0
         ELSE least(${MAX_ROWS - 1}, ceil(log10(s.duration / ${FIRST_BOUND}) * ${ROWS_PER_DECADE})) END::INTEGER AS y,
       greatest(0, least(${columns - 1}, floor((s.start_ns / 1e6 - ${from}) / ${width} * ${columns})))::INTEGER AS x,
       count(*), count(*) FILTER (WHERE s.status = ${FAILED})
     ${matchingSpans(selection, values, stored)} GROUP BY y, x`,
    values,
  );
  const cells = rows.map(([y, x, count, errors]) => ({
    cell: (y as number) * columns + (x as number),
    count: Number(count),
    errors: Number(errors),
  }));
  return heatMapFrom(cells, fromMs, toMs, columns);
}

type Counted = {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly durations: DurationSketch;
  errors: number;
};

function newSketch(): { durations: DurationSketch } {
  return { durations: new DurationSketch() };
}

// In the middle of a bucket, so that it falls into the same one again.
function middleOf(bucket: number): number {
  return bucket === 0 ? 0 : (2 * 1.02 ** bucket) / 2.02;
}
