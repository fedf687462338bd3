import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockSkew, criticalPath, selfTimes, type Trace, withoutSkew } from '../src/index.ts';
import { forest, ms, type Row } from './forest.ts';
import { randomRows, seed, shuffled } from './random-rows.ts';

function row(id: string, parent: string | undefined, start: number, duration: number, host: string): Row {
  return { id, ...(parent === undefined ? {} : { parent }), start, end: start + duration, host };
}

/** Where spans start after the adjustment, in milliseconds since a start of the caller at 10. */
function starts(...rows: Row[]): number[] {
  const trace = withoutSkew(forest(...rows));
  const root = trace.roots[0]?.start ?? 0;
  return rows.map(
    ({ id }) => 10 + ((trace.spans.find(({ span }) => span.name === id)?.start ?? Number.NaN) - root) / ms,
  );
}

// The situations of the tests of Jaeger's clock skew adjuster, with its results.
describe('as Jaeger’s adjuster has it', () => {
  it('leaves alone spans of one host, whatever their times', () => {
    expect(starts(row('1', undefined, 10, 100, 'a'), row('2', '1', 0, 50, 'a'))).toEqual([10, 0]);
  });

  it('leaves alone a span that fits into its parent', () => {
    expect(starts(row('1', undefined, 10, 100, 'a'), row('2', '1', 20, 50, 'b'))).toEqual([10, 20]);
  });

  it('moves a span that starts before its parent into its middle', () => {
    expect(starts(row('1', undefined, 10, 100, 'a'), row('2', '1', 0, 50, 'b'))).toEqual([10, 35]);
  });

  it('moves a span that ends after its parent into its middle', () => {
    expect(starts(row('1', undefined, 10, 100, 'a'), row('2', '1', 80, 50, 'b'))).toEqual([10, 35]);
  });

  it('leaves alone a span that outlasts its parent', () => {
    expect(starts(row('1', undefined, 10, 100, 'a'), row('2', '1', 10, 150, 'b'))).toEqual([10, 10]);
    expect(starts(row('1', undefined, 10, 100, 'a'), row('2', '1', 50, 150, 'b'))).toEqual([10, 50]);
  });

  it('moves a span that outlasts its parent only so far that it starts with it', () => {
    expect(starts(row('1', undefined, 10, 100, 'a'), row('2', '1', 0, 150, 'b'))).toEqual([10, 10]);
  });

  it('moves what is below a span with it', () => {
    expect(starts(row('1', undefined, 10, 100, 'a'), row('2', '1', 0, 50, 'b'), row('3', '2', 5, 10, 'b'))).toEqual([
      10, 35, 40,
    ]);
  });
});

describe('where one offset per pair of hosts says more than one per span', () => {
  it('finds the offset that all calls agree on, also for a call that would fit by chance', () => {
    const skew = 40;
    const trace = forest(
      row('root', undefined, 0, 300, 'a'),
      row('tight', 'root', 10 + skew, 280, 'b'),
      row('loose', 'root', 100 + skew, 20, 'b'),
    );
    expect(clockSkew(trace).adjustments).toEqual([
      { from: 'a', to: 'b', offset: -40 * ms, least: -50 * ms, most: -30 * ms, calls: 2, consistent: true },
    ]);
    expect(
      starts(
        row('root', undefined, 0, 300, 'a'),
        row('tight', 'root', 50, 280, 'b'),
        row('loose', 'root', 140, 20, 'b'),
      ),
    ).toEqual([10, 20, 110]);
  });

  it('says when a clock was set between two calls', () => {
    const { adjustments } = clockSkew(
      forest(
        row('root', undefined, 0, 100, 'a'),
        row('early', 'root', -80, 10, 'b'),
        row('late', 'root', 150, 10, 'b'),
      ),
    );
    expect(adjustments).toMatchObject([{ from: 'a', to: 'b', calls: 2, consistent: false }]);
  });

  it('follows the chain of hosts, and lets two callers differ', () => {
    const hour = 3_600_000;
    const rows = [
      row('root', undefined, 0, 100, 'a'),
      row('b', 'root', hour, 80, 'b'),
      row('c', 'b', -hour, 60, 'c'),
      row('again', 'root', hour - 5, 80, 'b'),
    ];
    const trace = forest(...rows);
    const { adjustments } = clockSkew(trace);
    expect(adjustments.map(({ from, to }) => `${from}→${to}`)).toEqual(['a→b', 'b→c']);
    const straight = withoutSkew(trace);
    expect(straight.duration).toBe(100 * ms);
    expect(trace.duration).toBeGreaterThan(hour * ms);
    expect(straight.warnings.filter(({ kind }) => kind === 'clock-skew')).toHaveLength(2);
    expect(criticalPath(straight).segments.map(({ span }) => span.span.name)).toContain('c');
  });
});

it('recovers a skew that was put into a trace without one, as closely as the calls bound it', () => {
  const call = fc.record({
    start: fc.integer({ min: 0, max: 900 }),
    there: fc.nat(5),
    work: fc.nat(50),
    back: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(call, { minLength: 1 }), fc.integer({ min: -1e6, max: 1e6 }), (calls, skew) => {
      const rows: Row[] = [row('root', undefined, 0, 1000, 'a')];
      for (const { start, there, work, back } of calls) {
        const id = String(rows.length);
        rows.push(row(`c${id}`, 'root', start, there + work + back, 'a'));
        rows.push(row(`s${id}`, `c${id}`, start + there + skew, work, 'b'));
      }
      const trace = forest(...rows);
      const { adjustments, offsets } = clockSkew(trace);
      const server = trace.spans.find(({ span }) => span.name.startsWith('s'));
      const offset = (offsets[server?.index ?? 0] ?? 0) / ms;
      const widest = Math.min(...calls.map(({ there, back }) => there + back));
      expect(Math.abs(offset + skew)).toBeLessThanOrEqual(widest);
      for (const { consistent } of adjustments) expect(consistent).toBe(true);
    }),
    { seed },
  );
});

it('changes nothing of the trace it is given, and gives the same for any order of spans', () => {
  fc.assert(
    fc.property(randomRows, fc.nat(), (rows, order) => {
      const trace = forest(...rows);
      const times = (made: Trace) => made.spans.map(({ span, start, end }) => [span.spanId, start, end]);
      const before = times(trace);
      const straight = withoutSkew(trace);
      expect(times(trace)).toEqual(before);
      expect(times(withoutSkew(forest(...shuffled(rows, order))))).toEqual(times(straight));
      expect(straight.spans).toHaveLength(trace.spans.length);
      for (const [index, span] of straight.spans.entries()) {
        expect(span.index).toBe(index);
        expect(span.start).toBeGreaterThanOrEqual(0);
        for (const child of span.children) expect(child.parent).toBe(span);
      }
      expect(selfTimes(straight).every((time) => time >= 0)).toBe(true);
    }),
    { seed },
  );
});
