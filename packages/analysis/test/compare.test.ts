import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, differingAttributes } from '../src/index.ts';
import { forest, ms, spanOf } from './forest.ts';
import { randomRows, seed, shuffled } from './random-rows.ts';

describe('compare', () => {
  it('aligns two traces by call path, in the order of a waterfall', () => {
    const before = forest(
      { id: 'root', start: 0, end: 50 },
      { id: 'a', parent: 'root', start: 10, end: 20 },
      { id: 'gone', parent: 'root', start: 25, end: 30 },
      { id: 'z', parent: 'root', start: 2, end: 8 },
    );
    const after = forest(
      { id: 'root', start: 0, end: 90 },
      { id: 'a', parent: 'root', start: 10, end: 60 },
      { id: 'a2', name: 'a', parent: 'root', start: 60, end: 70 },
      { id: 'new', parent: 'a', start: 20, end: 25, status: 'error' },
      { id: 'z', parent: 'root', start: 2, end: 8 },
    );
    const { paths, ...summary } = compare(before, after);
    expect(summary).toEqual({ before: { traces: 1, duration: 50 * ms }, after: { traces: 1, duration: 90 * ms } });
    expect(
      paths.map(({ name, depth, before: b, after: a, difference }) => [
        name,
        depth,
        b?.spans,
        a?.spans,
        difference / ms,
      ]),
    ).toEqual([
      ['root', 0, 1, 1, -5],
      ['z', 1, 1, 1, 0],
      ['a', 1, 1, 2, 45],
      ['new', 2, undefined, 1, 5],
      ['gone', 1, 1, undefined, -5],
    ]);
    expect(paths[3]?.after).toEqual({ spans: 1, errors: 1, time: 5 * ms, selfTime: 5 * ms });
    expect(paths.reduce((sum, { difference }) => sum + difference, 0)).toBe(40 * ms);
  });

  it('compares groups per trace', () => {
    const one = forest({ id: 'root', start: 0, end: 10 });
    const two = forest({ id: 'root', start: 0, end: 20 }, { id: 'a', parent: 'root', start: 0, end: 20 });
    const { before, after, paths } = compare([one, one], [one, two]);
    expect([before.duration, after.duration]).toEqual([10 * ms, 15 * ms]);
    expect(paths.map(({ name, after: figures }) => [name, figures?.spans, figures?.selfTime])).toEqual([
      ['root', 1, 5 * ms],
      ['a', 0.5, 10 * ms],
    ]);
  });

  it('gives the same for any order, and no difference of what is the same', () => {
    fc.assert(
      fc.property(randomRows, randomRows, fc.nat(), (a, b, order) => {
        const comparison = compare(forest(...a), [forest(...b), forest(...a)]);
        expect(compare(forest(...shuffled(a, order)), [forest(...shuffled(a, order)), forest(...b)])).toEqual(
          comparison,
        );
        for (const { difference } of compare(forest(...a), forest(...a)).paths) expect(difference).toBe(0);
      }),
      { seed },
    );
  });

  it('compares nothing with nothing', () => {
    expect(compare([], forest()).paths).toEqual([]);
  });
});

describe('differingAttributes', () => {
  const spans = (count: number, attributes: (index: number) => Record<string, string | number>) =>
    Array.from({ length: count }, (_, index) =>
      spanOf({
        id: `s${index}`,
        start: 0,
        end: 1,
        host: index % 3 === 0 ? 'node-a' : 'node-b',
        attributes: attributes(index),
      }),
    );

  it('ranks what is more frequent in the bad ones, and leaves out ids and what is everywhere', () => {
    const bad = spans(60, (index) => ({
      'app.version': index < 50 ? '2.0' : '1.0',
      'user.id': `u${index}`,
      region: 'eu',
    }));
    const good = spans(600, (index) => ({
      'app.version': index < 60 ? '2.0' : '1.0',
      'user.id': `v${index}`,
      region: 'eu',
    }));
    const found = differingAttributes(bad, good);
    expect(found.map(({ key, value }) => `${key}=${value}`).sort()).toEqual(['app.version=1.0', 'app.version=2.0']);
    expect(found.find(({ value }) => value === '2.0')).toMatchObject({ current: 50 / 60, baseline: 0.1 });
  });

  it('tells of the resource too', () => {
    const bad = spans(60, () => ({})).filter(({ resource }) => resource.attributes['host.name'] === 'node-a');
    expect(
      differingAttributes(
        bad,
        spans(60, () => ({})),
      ).map(({ key, value }) => `${key}=${value}`),
    ).toContain('host.name=node-a');
  });

  it('takes hostile keys for keys', () => {
    const hostile = spans(30, () => JSON.parse('{"__proto__":"x","constructor":"y"}'));
    expect(
      differingAttributes(
        hostile,
        spans(30, () => ({})),
      )
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['__proto__', 'constructor']);
    expect(differingAttributes([], [])).toEqual([]);
  });
});
