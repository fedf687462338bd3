import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Anomaly,
  anomalies,
  believable,
  probabilityOf,
  rootCauses,
  shareDifference,
  TraceProfile,
  wilsonInterval,
} from '../src/index.ts';
import { forest } from './forest.ts';
import { randomRows, seed, shuffled } from './random-rows.ts';
import { type Fault, randomFrom, shopTraces } from './shop-traces.ts';

// The same in every run: what is told is due to chance in one of a hundred runs with other numbers.
const random = randomFrom(7);
const baseline = new TraceProfile();
for (const trace of shopTraces(200, { kind: 'none' }, random)) baseline.add(trace);

function outline(found: readonly Anomaly[]): string[] {
  return found.map(
    ({ kind, service, name, callee }) => `${kind} ${service} ${name}${callee === undefined ? '' : ` → ${callee}`}`,
  );
}

describe('anomalies', () => {
  it('has nothing to tell of traces like those of the baseline', () => {
    for (const count of [5, 50, 500])
      expect(outline(anomalies(shopTraces(count, { kind: 'none' }, random), baseline))).toEqual([]);
  });

  it('tells which operation has become slower, and not those that wait for it', () => {
    const found = anomalies(shopTraces(30, { kind: 'slow', service: 'stock', by: 20 }, random), baseline);
    expect(outline(found)).toEqual(['slower stock GET /stock']);
    expect((found[0]?.current ?? 0) / 1e6).toBeGreaterThan(18);
    expect((found[0]?.baseline ?? 0) / 1e6).toBeLessThan(3);
  });

  it('tells which way a call takes longer where the callee does not', () => {
    const found = anomalies(shopTraces(30, { kind: 'delayed', service: 'stock', by: 20 }, random), baseline);
    expect(outline(found)).toEqual(['slower web GET → stock']);
  });

  it('tells of errors, of call paths that are missing below their parent, and of loops', () => {
    const failing = anomalies(shopTraces(30, { kind: 'fails', service: 'stock' }, random), baseline);
    expect(outline(failing).sort()).toEqual(['errors stock GET /stock', 'errors web GET /web']);
    const broken = anomalies(shopTraces(30, { kind: 'breaks-off', service: 'stock' }, random), baseline);
    expect(broken.find(({ kind }) => kind === 'missing')).toMatchObject({
      service: 'stock',
      name: 'SELECT',
      path: ['web GET /web', 'web GET', 'stock GET /stock', 'stock SELECT'],
      current: 0,
      baseline: 1,
    });
    const looping = anomalies(shopTraces(30, { kind: 'loops', calls: 12 }, random), baseline);
    expect(looping.find(({ kind }) => kind === 'fan-out')).toMatchObject({
      service: 'stock',
      name: 'SELECT',
      current: 12,
      baseline: 1,
    });
  });

  it('tells of a call path that was never there', () => {
    const before = forest({ id: 'a', start: 0, end: 9 });
    const after = forest({ id: 'a', start: 0, end: 9 }, { id: 'retry', parent: 'a', start: 1, end: 2 });
    const many = (trace: typeof before) => Array.from({ length: 20 }, () => trace);
    expect(outline(anomalies(many(after), many(before)))).toContain('new shop retry');
  });

  it('finds nothing in nothing', () => {
    expect(anomalies([], [])).toEqual([]);
    expect(anomalies([], baseline)).toEqual([]);
    expect(anomalies(shopTraces(5, { kind: 'none' }, random), [])).toEqual([]);
  });

  it('gives the same for any order of traces and spans', () => {
    fc.assert(
      fc.property(
        fc.array(randomRows, { maxLength: 4 }),
        fc.array(randomRows, { maxLength: 4 }),
        fc.nat(),
        (now, before, order) => {
          const traces = (groups: typeof now) => groups.map((rows) => forest(...rows));
          const mixed = (groups: typeof now) => shuffled(groups, order).map((rows) => forest(...shuffled(rows, order)));
          expect(anomalies(mixed(now), mixed(before))).toEqual(anomalies(traces(now), traces(before)));
          expect(rootCauses(mixed(now), mixed(before)).map(({ service }) => service)).toEqual(
            rootCauses(traces(now), traces(before)).map(({ service }) => service),
          );
        },
      ),
      { seed },
    );
  });
});

describe('rootCauses', () => {
  const cases: [string, Fault, string][] = [
    ['whose own work has become slow', { kind: 'slow', service: 'stock', by: 20 }, 'stock'],
    [
      'that answers late, though its own spans are as fast as ever',
      { kind: 'delayed', service: 'cart', by: 20 },
      'cart',
    ],
    ['that breaks off before its calls', { kind: 'breaks-off', service: 'stock' }, 'stock'],
    ['after whose answer the caller breaks off', { kind: 'breaks-off', service: 'cart' }, 'cart'],
    ['where the errors of its callers began', { kind: 'fails', service: 'stock' }, 'stock'],
  ];
  it.each(cases)('puts first the service %s', (_, fault, service) => {
    const [first] = rootCauses(shopTraces(30, fault, random), baseline);
    expect(first?.service).toBe(service);
    expect(first?.evidence.length).toBeGreaterThan(0);
  });

  it('scores next to nothing where nothing is wrong', () => {
    for (const { score } of rootCauses(shopTraces(300, { kind: 'none' }, random), baseline))
      expect(score).toBeLessThan(0.05);
  });
});

describe('significance', () => {
  it('has the Wilson intervals and probabilities of the literature', () => {
    expect(wilsonInterval(0, 10).low).toBeCloseTo(0, 10);
    expect(wilsonInterval(0, 10).high).toBeCloseTo(0.3989, 3);
    expect(wilsonInterval(50, 100).low).toBeCloseTo(0.3753, 3);
    expect(probabilityOf(1.96)).toBeCloseTo(0.05, 4);
    expect(probabilityOf(-2.576)).toBeCloseTo(0.01, 4);
    expect(shareDifference(5, 0, 1, 10)).toBe(0);
  });

  it('believes of many findings only those that chance does not explain (Benjamini and Hochberg’s example)', () => {
    // The 15 probabilities of their paper, of which the procedure at 5 % keeps four.
    const all = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    expect(believable(all, (p) => p, all.length, 0.05)).toEqual(all.slice(0, 4));
    expect(believable(all.slice(0, 5), (p) => p, all.length, 0.05)).toEqual(all.slice(0, 4));
    expect(believable([0.5], (p) => p, 1)).toEqual([]);
  });
});
