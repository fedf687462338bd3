import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bottleneck, bottlenecks, criticalPath, type Trace } from '../src/index.ts';
import { forest, ms, type Row } from './forest.ts';
import { randomRows, seed, shuffled } from './random-rows.ts';

function row(id: string, parent: string | undefined, start: number, end: number, more: Partial<Row> = {}): Row {
  return { id, ...(parent === undefined ? {} : { parent }), start, end, ...more };
}

function find(trace: Trace, kind: Bottleneck['kind'], name: string) {
  const found = bottlenecks(trace).find((bottleneck) => bottleneck.kind === kind && bottleneck.name === name);
  return found === undefined ? undefined : { time: found.time / ms, drag: found.drag / ms, spans: found.spans.length };
}

const query = { kind: 'client', attributes: { 'db.system.name': 'postgresql' } } as const;

it('says of each operation on the path what sort of work it is', () => {
  const trace = forest(
    row('handle', undefined, 0, 100, { kind: 'server' }),
    row('SELECT', 'handle', 10, 30, query),
    row('GET bank', 'handle', 35, 45, { kind: 'client' }),
    row('GET stock', 'handle', 50, 70, { kind: 'client' }),
    row('stock', 'GET stock', 52, 65, { kind: 'server', service: 'stock' }),
    row('publish', 'handle', 75, 80, { kind: 'producer' }),
    row('mutex.acquire', 'handle', 85, 93),
  );
  const own = bottlenecks(trace).filter(({ kind }) => kind !== 'sequential');
  expect(own.map(({ kind, service, name, time, drag }) => [kind, service, name, time / ms, drag / ms])).toEqual([
    ['cpu', 'shop', 'handle', 37, 37],
    ['database', 'shop', 'SELECT', 20, 20],
    ['cpu', 'stock', 'stock', 13, 13],
    ['external', 'shop', 'GET bank', 10, 10],
    ['wait', 'shop', 'mutex.acquire', 8, 8],
    ['network', 'shop', 'GET stock', 7, 7],
    ['queue', 'shop', 'publish', 5, 5],
  ]);
});

describe('drag', () => {
  it('is no more than the time until a span that runs beside would be waited for', () => {
    const trace = forest(row('root', undefined, 0, 100), row('slow', 'root', 0, 100), row('nearly', 'root', 0, 90));
    expect(find(trace, 'cpu', 'slow')).toEqual({ time: 100, drag: 10, spans: 1 });
  });

  it('is limited too by what runs beside an ancestor', () => {
    const trace = forest(
      row('root', undefined, 0, 100),
      row('branch', 'root', 0, 100),
      row('leaf', 'branch', 20, 80),
      row('nearly', 'root', 0, 70),
    );
    expect(find(trace, 'cpu', 'leaf')).toEqual({ time: 60, drag: 30, spans: 1 });
  });

  it('counts a limit once for all parts that it limits together', () => {
    const trace = forest(
      row('root', undefined, 0, 100),
      row('half', 'root', 0, 50, { name: 'half' }),
      row('other', 'root', 50, 100, { name: 'half' }),
      row('nearly', 'root', 0, 95),
    );
    expect(find(trace, 'cpu', 'half')).toEqual({ time: 100, drag: 5, spans: 2 });
  });

  it('ends where the work beside is waited for', () => {
    const trace = forest(
      row('root', undefined, 0, 100),
      row('fast', 'root', 0, 40),
      row('slow', 'root', 0, 50),
      row('after', 'root', 50, 100),
    );
    expect(find(trace, 'cpu', 'slow')).toEqual({ time: 50, drag: 10, spans: 1 });
    expect(find(trace, 'cpu', 'after')).toEqual({ time: 50, drag: 50, spans: 1 });
  });

  it('is what a request without the work is faster by', () => {
    // A fork and a join: after each round of parallel calls the next round starts.
    const rounds = fc.array(fc.array(fc.integer({ min: 8, max: 60 }), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(rounds, fc.nat(), (lengths, choice) => {
        const rows = (free: string | undefined): Row[] => {
          const made: Row[] = [];
          let now = 0;
          for (const [round, calls] of lengths.entries()) {
            const ends = calls.map((length, at) => now + (`${round}.${at}` === free ? 0 : length));
            for (const [at, end] of ends.entries())
              made.push(row(`${round}.${at}`, 'root', now, end, { name: `${round}.${at}` }));
            now = Math.max(...ends);
          }
          return [row('root', undefined, 0, now), ...made];
        };
        const trace = forest(...rows(undefined));
        const { segments } = criticalPath(trace);
        const chosen = segments[choice % segments.length]?.span.span.name ?? '';
        const saved = trace.duration - forest(...rows(chosen)).duration;
        expect(bottlenecks(trace).find(({ name }) => name === chosen)?.drag).toBe(saved);
      }),
      { seed },
    );
  });
});

it('finds the same call again and again', () => {
  const calls = Array.from({ length: 8 }, (_, index) =>
    row(`q${index}`, 'list', 10 + index * 10, 18 + index * 10, { ...query, name: `SELECT item ${index}` }),
  );
  const trace = forest(row('list', undefined, 0, 100, { kind: 'server' }), ...calls);
  expect(find(trace, 'n+1', 'SELECT item 0')).toEqual({ time: 64, drag: 56, spans: 8 });
  expect(find(forest(row('list', undefined, 0, 100), ...calls.slice(0, 4)), 'n+1', 'SELECT item 0')).toBeUndefined();
});

it('finds calls one right after another that could run at once', () => {
  const trace = forest(
    row('page', undefined, 0, 100, { kind: 'server' }),
    row('user', 'page', 10, 40, { kind: 'client' }),
    row('cart', 'page', 40.2, 60, { kind: 'client' }),
    row('ads', 'page', 75, 90, { kind: 'client' }),
  );
  expect(find(trace, 'sequential', 'page')).toMatchObject({ spans: 2, drag: expect.closeTo(19.8) });
});

it('never promises more than the request takes, and gives the same for any order of spans', () => {
  fc.assert(
    fc.property(randomRows, fc.nat(), (rows, order) => {
      const trace = forest(...rows);
      const found = bottlenecks(trace);
      const root = trace.roots[0];
      const duration = root === undefined ? 0 : root.end - root.start;
      const own = found.filter(({ kind }) => kind !== 'n+1' && kind !== 'sequential');
      expect(own.reduce((sum, { time }) => sum + time, 0)).toBe(duration);
      for (const { time, drag } of found) {
        expect(drag).toBeGreaterThanOrEqual(0);
        expect(drag).toBeLessThanOrEqual(time);
      }
      const outline = (all: Bottleneck[]) =>
        all.map(({ spans, ...rest }) => ({ ...rest, spans: spans.map(({ index }) => index) }));
      expect(outline(bottlenecks(forest(...shuffled(rows, order))))).toEqual(outline(found));
    }),
    { seed },
  );
});
