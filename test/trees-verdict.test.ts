import { describe, expect, it } from 'vitest';
import type { Handled, Result } from './trees/fleet.mjs';
import { costOf, delayLimit, judge, shortcomings } from './trees/verdict.mjs';

// The test of the call trees can fail: each of these is one way to be wrong.

const CHEAP = { responseBytes: 80, edgeBytes: 40, newsBytes: 170, newsAtOnce: 1, busyBytes: 37, lateMs: 2 };
const scenarios = new Map([
  ['ordinary 0', 'ordinary'],
  ['retry 0', 'retry'],
]);

describe('the verdict about call trees', () => {
  it('has nothing against whole traces in time, and ordinary ones that are gone or whole', () => {
    const handled = [...request('a', 'retry 0'), ...request('b', 'ordinary 0'), ...request('c', 'ordinary 0')];
    const judged = judge(scenarios, handled, arrived({ a: ['a1', 'a2', 'a3'], c: ['c1', 'c2', 'c3'] }), []);
    expect(judged.rows.get('retry')).toMatchObject({ traces: 1, complete: 1, partial: 0, lost: 0, delaysMs: [300] });
    expect(judged.rows.get('ordinary')).toMatchObject({ traces: 2, complete: 1, partial: 0, lost: 1 });
    expect(shortcomings(judged, CHEAP)).toEqual([]);
  });

  it.each([
    ['a span is missing', { a: ['a1', 'a3'] }, '1 of 1 interesting traces are not whole'],
    ['nothing of a trace came', {}, '1 of 1 interesting traces are not whole'],
    ['a span came twice', { a: ['a1', 'a2', 'a3', 'a3'] }, '1 spans were exported twice'],
    ['a piece of an ordinary trace came', { a: ['a1', 'a2', 'a3'], b: ['b1'] }, '1 ordinary traces were kept in part'],
  ])('minds that %s', (_what, spans, problem) => {
    const handled = [...request('a', 'retry 0'), ...request('b', 'ordinary 0')];
    expect(shortcomings(judge(scenarios, handled, arrived(spans), []), CHEAP)).toEqual([problem]);
  });

  it('minds a piece of an ordinary trace also if it took long, and does not take it for an interesting one', () => {
    const handled = [...request('a', 'retry 0'), ...request('b', 'ordinary 0', 1500)];
    const judged = judge(scenarios, handled, arrived({ a: ['a1', 'a2', 'a3'], b: ['b1'] }), []);
    expect(judged.rows.get('ordinary, but late')).toMatchObject({ traces: 1, partial: 1 });
    expect(judged.edges).toBe(1);
    expect(shortcomings(judged, CHEAP)).toEqual(['1 ordinary traces were kept in part']);
  });

  it('minds that spans come late, by more than the machine is', () => {
    const judged = judge(scenarios, request('a', 'retry 0'), arrived({ a: ['a1', 'a2', 'a3'] }, 1200), []);
    const late = 'the last span came after 1200 ms at the 99th percentile, not 1012';
    expect(shortcomings(judged, CHEAP)).toEqual([late]);
    expect(shortcomings(judged, { ...CHEAP, lateMs: 50 })).toEqual([]);
    expect(delayLimit(100_000)).toBe(3000);
  });

  it('minds what headers and messages take', () => {
    const judged = judge(scenarios, request('a', 'retry 0'), arrived({ a: ['a1', 'a2', 'a3'] }), []);
    expect(shortcomings(judged, { ...CHEAP, responseBytes: 111, busyBytes: 41 })).toEqual([
      '111 bytes a response, not 110',
      '41.0 bytes a kept trace and edge, not 40',
    ]);
  });

  it('minds that there was nothing to judge', () => {
    expect(shortcomings(judge(scenarios, [], new Map(), []), CHEAP)).toHaveLength(1);
  });

  it('does not judge a trace whose root nobody saw', () => {
    const [, inner] = request('a', 'retry 0');
    expect(() => judge(scenarios, inner === undefined ? [] : [inner], new Map(), [])).toThrow('has no root');
  });

  it('adds up what instances have sent, by trace, and what it is to a peer', () => {
    const one: Result = {
      wireBytes: [['a', 200]],
      responses: 2,
      responseBytes: 160,
      pushBytes: 340,
      messages: 2,
      told: 2,
      lateMs: 3,
      stats: { exported: 0, failed: 0, dropped: 0, pending: 0 },
    };
    const results = [one, { ...one, lateMs: 9, responses: 0, responseBytes: 0 }];
    const { rows, edges } = judge(scenarios, request('a', 'retry 0'), new Map(), results);
    expect(rows.get('retry')?.wireBytes).toBe(400);
    expect(costOf(results, edges)).toEqual({
      responseBytes: 80,
      edgeBytes: 680,
      newsBytes: 170,
      newsAtOnce: 1,
      busyBytes: 22 + 14.8,
      lateMs: 9,
    });
  });
});

/** A request that calls another one: three spans, of which both services know the one in the middle. */
function request(traceId: string, key: string, tookMs = 20): Handled[] {
  const [first, call, last] = [`${traceId}1`, `${traceId}2`, `${traceId}3`];
  return [
    { key, traceId, spans: [first, call], root: true, tookMs, endMs: 1000 },
    { key: `${key}.0`, traceId, spans: [call, last], root: false, tookMs: 10, endMs: 990 },
  ];
}

function arrived(spans: Record<string, string[] | undefined>, delayMs = 300) {
  return new Map(
    Object.entries(spans).map(([traceId, ids = []]) => {
      const times = new Map<string, number>();
      for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
      return [traceId, { spans: times, lastMs: 1000 + delayMs }];
    }),
  );
}
