import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CriticalPathOptions, criticalPath, selfTimes, type Trace } from '../src/index.ts';
import { followsFrom, forest, ms, type Row } from './forest.ts';
import { randomRows, seed, shuffled } from './random-rows.ts';

/** The path as `name start-end` in milliseconds, the earliest first. */
function path(trace: Trace, options?: CriticalPathOptions): string[] {
  return criticalPath(trace, options).segments.map(
    ({ span, start, end }) => `${span.span.name} ${at(start)}-${at(end)}`,
  );
  function at(time: number) {
    return Number(trace.startUnixNano % 1_000_000_000n) / ms + time / ms;
  }
}

/** A span of a test from what the drawings of Jaeger's tests have: where it starts and how long it takes. */
function row(id: string, parent: string | undefined, start: number, duration: number, more?: Partial<Row>): Row {
  return { id, ...(parent === undefined ? {} : { parent }), start, end: start + duration, ...more };
}

// The situations of jaeger-ui's tests of its critical path, with its results.
describe('with Jaeger’s clipping, as Jaeger has it', () => {
  const clip = { clip: true };

  it('goes through sequential children and the gaps between them', () => {
    const trace = forest(row('C', undefined, 1, 100), row('D', 'C', 20, 20), row('E', 'C', 50, 10));
    expect(path(trace, clip)).toEqual(['C 1-20', 'D 20-40', 'C 40-50', 'E 50-60', 'C 60-101']);
  });

  it('takes of overlapping children the one that ends last', () => {
    const trace = forest(row('X', undefined, 1, 100), row('A', 'X', 10, 40), row('C', 'X', 20, 40));
    expect(path(trace, clip)).toEqual(['X 1-20', 'C 20-60', 'X 60-101']);
  });

  it('leaves out a child that starts after its parent has ended, with all below it', () => {
    const trace = forest(row('A', undefined, 1, 30), row('B', 'A', 40, 40), row('C', 'B', 50, 10));
    expect(path(trace, clip)).toEqual(['A 1-31']);
  });

  it('leaves out what only follows from its parent', () => {
    const follows = { links: [followsFrom('A')] };
    const trace = forest(row('A', undefined, 1, 30), row('B', 'A', 10, 10, follows), row('C', 'B', 12, 2));
    expect(path(trace, clip)).toEqual(['A 1-31']);
  });

  it('cuts a child off where its parent ends, and a grandchild where its parent starts', () => {
    const trace = forest(row('A', undefined, 1, 29), row('B', 'A', 15, 20), row('C', 'B', 10, 15));
    expect(path(trace, clip)).toEqual(['A 1-15', 'C 15-25', 'B 25-30']);
  });

  it('cuts off a whole chain of children that outlive their parents', () => {
    const trace = forest(row('A', undefined, 1, 29), row('B', 'A', 15, 20), row('C', 'B', 20, 20));
    expect(path(trace, clip)).toEqual(['A 1-15', 'B 15-20', 'C 20-30']);
  });

  it('cuts off at both sides a child that began before and ended after its parent', () => {
    const trace = forest(row('A', undefined, 10, 20), row('B', 'A', 5, 30));
    expect(path(trace, clip)).toEqual(['B 10-30']);
  });

  it('leaves out a child that had ended before its parent started', () => {
    const trace = forest(row('A', undefined, 10, 20), row('B', 'A', 1, 4));
    expect(path(trace, clip)).toEqual(['A 10-30']);
  });
});

// CRISP: Critical Path Analysis of Large-Scale Microservice Architectures, Zhang et al., USENIX ATC 2022, section 3.
describe('in the situations that CRISP describes', () => {
  it('alternates between a parent and its synchronous children', () => {
    const trace = forest(
      row('S1', undefined, 0, 100),
      row('S2', 'S1', 10, 30),
      row('S3', 'S2', 15, 20),
      row('S4', 'S1', 50, 40),
    );
    expect(path(trace)).toEqual(['S1 0-10', 'S2 10-15', 'S3 15-35', 'S2 35-40', 'S1 40-50', 'S4 50-90', 'S1 90-100']);
  });

  it('takes of children that run in parallel the last to end, and what preceded it rather than what ran beside it', () => {
    const trace = forest(
      row('root', undefined, 0, 100),
      row('first', 'root', 0, 30),
      row('beside', 'root', 20, 60),
      row('last', 'root', 30, 65),
    );
    expect(path(trace)).toEqual(['first 0-30', 'last 30-95', 'root 95-100']);
  });

  it('does not take siblings for concurrent that overlap by the drift of a clock', () => {
    const trace = forest(row('root', undefined, 0, 100), row('A', 'root', 0, 50.4), row('B', 'root', 50, 50));
    expect(path(trace)).toEqual(['A 0-50', 'B 50-100']);
    expect(path(trace, { tolerance: 0 })).toEqual(['root 0-50', 'B 50-100']);
  });

  it('does not take short parallel siblings for sequential ones because the tolerance is longer than they are', () => {
    const trace = forest(row('root', undefined, 0, 1), row('A', 'root', 0, 0.8), row('B', 'root', 0.1, 0.8));
    expect(path(trace)).toEqual(['root 0-0.1', 'B 0.1-0.9', 'root 0.9-1']);
  });
});

describe('where Jaeger is wrong', () => {
  it('has siblings that touch both on the path (jaeger#9148)', () => {
    const trace = forest(row('P', undefined, 100, 100), row('A', 'P', 100, 50), row('B', 'P', 150, 50));
    expect(path(trace)).toEqual(['A 100-150', 'B 150-200']);
  });

  it('does not let a child that outlives its parent take over the path, but marks it', () => {
    const trace = forest(row('P', undefined, 0, 50), row('call', 'P', 5, 40), row('forgotten', 'P', 10, 90));
    expect(path(trace)).toEqual(['P 0-5', 'call 5-45', 'P 45-50']);
    expect(criticalPath(trace).asynchronous.map(({ span }) => span.name)).toEqual(['forgotten']);
  });

  it('tolerates a child that outlives its parent by the drift of a clock', () => {
    const trace = forest(row('P', undefined, 0, 50), row('call', 'P', 10, 40.7));
    expect(path(trace)).toEqual(['P 0-10', 'call 10-50']);
    expect(criticalPath(trace).asynchronous).toEqual([]);
  });
});

it('waits for the server of a call also when the client gave up before', () => {
  const trace = forest(
    row('client', undefined, 0, 50, { kind: 'client' }),
    row('server', 'client', 1, 90, { kind: 'server', service: 'stock' }),
  );
  expect(path(trace)).toEqual(['client 0-1', 'server 1-50']);
});

it('does not wait for the consumer of a message, not even of one that is fast', () => {
  const trace = forest(
    row('root', undefined, 0, 50),
    row('publish', 'root', 10, 30, { kind: 'producer' }),
    row('process', 'publish', 15, 10, { kind: 'consumer', service: 'mailer' }),
  );
  expect(path(trace)).toEqual(['root 0-10', 'publish 10-40', 'root 40-50']);
  expect(criticalPath(trace).asynchronous.map(({ span }) => span.name)).toEqual(['process']);
});

it('explains any span, not just the root', () => {
  const trace = forest(row('root', undefined, 0, 50), row('A', 'root', 10, 30), row('B', 'A', 20, 10));
  const root = trace.spans.find(({ span }) => span.name === 'A');
  expect(root).toBeDefined();
  expect(path(trace, root === undefined ? {} : { root })).toEqual(['A 10-20', 'B 20-30', 'A 30-40']);
});

it('says how much longer a span beside the path could take', () => {
  const trace = forest(
    row('root', undefined, 0, 100),
    row('short', 'root', 10, 20),
    row('long', 'root', 10, 40),
    row('late', 'root', 55, 45),
  );
  const { parallel } = criticalPath(trace);
  expect(parallel.map(({ span, slack }) => [span.span.name, slack / ms])).toEqual([['short', 25]]);
});

it('gives an empty path for an empty trace', () => {
  expect(criticalPath(forest())).toMatchObject({ root: undefined, segments: [], asynchronous: [] });
});

it('partitions the root exactly, whatever the spans and in whatever order they come', () => {
  fc.assert(
    fc.property(randomRows, fc.boolean(), fc.nat(), (rows, clip, order) => {
      const trace = forest(...rows);
      const { root, segments } = criticalPath(trace, { clip });
      let reached = root?.start;
      for (const { start, end } of segments) {
        expect(start).toBe(reached);
        expect(end).toBeGreaterThan(start);
        reached = end;
      }
      expect(reached).toBe(root?.end);
      expect(path(forest(...shuffled(rows, order)), { clip })).toEqual(path(trace, { clip }));
    }),
    { seed },
  );
});

it('never has more of a span on the path than its self time, unless children ran beside it', () => {
  fc.assert(
    fc.property(randomRows, (rows) => {
      const trace = forest(...rows);
      const self = selfTimes(trace);
      const { segments, parallel, asynchronous } = criticalPath(trace);
      const beside = new Set([...parallel.map(({ span }) => span.parent), ...asynchronous.map(({ parent }) => parent)]);
      const onPath = new Map<number, number>();
      for (const { span, start, end } of segments) onPath.set(span.index, (onPath.get(span.index) ?? 0) + end - start);
      for (const [index, time] of onPath) {
        const span = trace.spans[index];
        if (span !== undefined && !beside.has(span)) expect(time).toBeLessThanOrEqual(self[index] ?? 0);
      }
    }),
    { seed },
  );
});
