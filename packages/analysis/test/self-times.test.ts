import fc from 'fast-check';
import { expect, it } from 'vitest';
import { selfTimes } from '../src/index.ts';
import { forest, ms, type Row } from './forest.ts';
import { randomRows, seed, shuffled } from './random-rows.ts';

function byName(...rows: Row[]): Record<string, number> {
  const trace = forest(...rows);
  const times = selfTimes(trace);
  return Object.fromEntries(trace.spans.map(({ span, index }) => [span.name, (times[index] ?? 0) / ms]));
}

it('leaves out the time of children, of overlapping ones once', () => {
  const times = byName(
    { id: 'root', start: 0, end: 100 },
    { id: 'a', parent: 'root', start: 10, end: 40 },
    { id: 'b', parent: 'root', start: 30, end: 50 },
    { id: 'within', parent: 'root', start: 32, end: 35 },
    { id: 'c', parent: 'root', start: 60, end: 70 },
  );
  expect(times).toEqual({ root: 50, a: 30, b: 20, within: 3, c: 10 });
});

it('clips children to their parent', () => {
  const times = byName(
    { id: 'root', start: 10, end: 50 },
    { id: 'early', parent: 'root', start: 0, end: 20 },
    { id: 'late', parent: 'root', start: 40, end: 90 },
    { id: 'outside', parent: 'root', start: 60, end: 70 },
  );
  expect(times).toEqual({ root: 20, early: 20, late: 50, outside: 10 });
});

it('sums to the root in a trace without overlap, and is never negative in any', () => {
  fc.assert(
    fc.property(randomRows, fc.nat(), (rows, order) => {
      const trace = forest(...rows);
      const times = selfTimes(trace);
      for (const { index, start, end } of trace.spans) {
        expect(times[index]).toBeGreaterThanOrEqual(0);
        expect(times[index]).toBeLessThanOrEqual(end - start);
      }
      expect(selfTimes(forest(...shuffled(rows, order)))).toEqual(times);
    }),
    { seed },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }))), (calls) => {
      const rows: Row[] = [];
      let now = 0;
      for (const [gap, duration] of calls) {
        rows.push({ id: `s${rows.length}`, parent: 'root', start: now + gap, end: now + gap + duration });
        now += gap + duration;
      }
      const times = selfTimes(forest({ id: 'root', start: 0, end: now }, ...rows));
      expect(times.reduce((sum, time) => sum + time, 0)).toBe(now * ms);
    }),
    { seed },
  );
});
