import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjustedCount, DurationSketch, Statistics, statistics } from '../src/index.ts';
import { ms, type Row, spanOf } from './forest.ts';
import { seed } from './random-rows.ts';

describe('DurationSketch', () => {
  it('finds quantiles within 1 % of the true ones, also when merged of parts', () => {
    const values = fc.array(fc.double({ min: 2, max: 1e15, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, values, fc.double({ min: 0.001, max: 1, noNaN: true }), (a, b, share) => {
        const sketch = new DurationSketch();
        const other = new DurationSketch();
        for (const value of a) sketch.add(value);
        for (const value of b) other.add(value);
        sketch.merge(other);
        const sorted = [...a, ...b].sort((x, y) => x - y);
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
        expect(Math.abs(sketch.quantile(share) / exact - 1)).toBeLessThan(0.0101);
      }),
      { seed },
    );
  });

  it('gives 0 where nothing was added, and for what took no time', () => {
    const sketch = new DurationSketch();
    expect(sketch.quantile(0.5)).toBe(0);
    sketch.add(0);
    expect(sketch.quantiles(0, 0.5, 1)).toEqual([0, 0, 0]);
  });
});

describe('adjustedCount', () => {
  it.each([
    [undefined, 1],
    ['', 1],
    ['ot=th:0', 1],
    ['ot=th:8', 2],
    ['ot=th:c', 4],
    ['congo=t61rcWkgMzE,ot=rv:0123456789abcd;th:fd70a4', 1 / (1 - 0xfd70a4 / 2 ** 24)],
    ['ot=rv:1;th:8', 2],
    ['other=th:8', 1],
    ['xot=th:8', 1],
    ['ot=xth:8', 1],
    ['ot=th:nonsense', 1],
    ['ot=th:0123456789abcdef', 1],
  ])('of %j is %d', (traceState, count) => {
    expect(adjustedCount(traceState === undefined ? {} : { traceState })).toBe(count);
  });
});

function request(index: number, row: Partial<Row> = {}) {
  return spanOf({
    id: `r${index}`,
    name: 'GET /orders',
    kind: 'server',
    start: index * 10,
    end: index * 10 + 5,
    ...row,
  });
}

it('counts calls, errors and rates of services by what they were asked, of operations by all their spans', () => {
  const spans = Array.from({ length: 101 }, (_, index) => [
    request(index, index % 10 === 0 ? { status: 'error' } : {}),
    spanOf({
      id: `q${index}`,
      parent: `r${index}`,
      name: 'SELECT',
      kind: 'client',
      start: index * 10,
      end: index * 10 + 2,
    }),
  ]).flat();
  const [shop, ...others] = statistics(spans);
  expect(others).toEqual([]);
  expect(shop).toMatchObject({ service: 'shop', calls: 101, errors: 11, rate: 101 });
  expect(shop?.errorRate).toBeCloseTo(11 / 101);
  expect(shop?.operations.map(({ name, kind, calls }) => [name, kind, calls])).toEqual([
    ['GET /orders', 'server', 101],
    ['SELECT', 'client', 101],
  ]);
  expect(Math.abs((shop?.operations[1]?.p99 ?? 0) / (2 * ms) - 1)).toBeLessThan(0.01);
});

// Of honest numbers one in a hundred runs would leave 3σ, so these never change; others leave 6σ once in 100 million runs.
it.each([
  ['3σ', 3, 2026],
  [`6σ with other numbers each time (SEED=${seed})`, 6, seed],
])(
  'weighs each span by its sampling probability: sampled traffic gives what all of it gives within %s',
  (_, sigmas, from) => {
    const random = lehmer(from);
    const all = new Statistics();
    const sampled = new Statistics();
    const requests = 60_000;
    const ratio = 1 / 16;
    let slow = 0;
    for (let index = 0; index < requests; index += 1) {
      const duration = -Math.log(random()) * 20;
      const isError = random() < 0.1;
      if (duration > 60) slow += 1;
      const row = { start: index, end: index + duration, status: isError ? ('error' as const) : ('ok' as const) };
      all.add(request(index, row));
      // Errors are kept twice as often: the thresholds say so.
      if (random() < (isError ? 2 * ratio : ratio))
        sampled.add(request(index, { ...row, traceState: isError ? 'ot=th:e' : 'ot=th:f' }));
    }
    const [truth] = all.result();
    const [estimate] = sampled.result();
    const errors = truth?.errors ?? 0;
    const variance = (requests - errors) * (1 / ratio - 1) + errors * (1 / (2 * ratio) - 1);
    expect(truth?.calls).toBe(requests);
    expect(Math.abs((estimate?.calls ?? 0) - requests)).toBeLessThan(sigmas * Math.sqrt(variance));
    expect(Math.abs((estimate?.errors ?? 0) - errors)).toBeLessThan(sigmas * Math.sqrt(errors * (1 / (2 * ratio) - 1)));
    // The estimated p95 of exponential times (60 ms): the share of slower ones is 5 % within so many σ, and the sketch errs by 1 %.
    const shareAbove = Math.exp(-(estimate?.p95 ?? 0) / ms / 20);
    const sigma = Math.sqrt((0.05 * 0.95) / (requests * ratio));
    expect(slow).toBeGreaterThan(0);
    expect(Math.abs(shareAbove - 0.05)).toBeLessThan(sigmas * sigma + 0.05 * 0.03);
  },
);

it('gives the same when parts are counted apart and merged', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1000), fc.boolean(), fc.boolean(), fc.constantFrom('a', 'b'))), (calls) => {
      const parts = [new Statistics(), new Statistics()] as const;
      const spans = calls.map(([duration, isError, isFirst, service], index) => {
        const span = request(index, { end: index * 10 + duration, service, status: isError ? 'error' : 'unset' });
        parts[isFirst ? 0 : 1].add(span);
        return span;
      });
      parts[0].merge(parts[1]);
      expect(parts[0].result()).toEqual(statistics(spans.toReversed()));
    }),
    { seed },
  );
});

function lehmer(start: number): () => number {
  let state = (start % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
