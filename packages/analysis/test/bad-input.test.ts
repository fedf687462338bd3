import { describe, expect, it } from 'vitest';
import {
  anomalies,
  bottlenecks,
  buildTrace,
  clockSkew,
  compare,
  criticalPath,
  dependencies,
  rootCauses,
  type Span,
  selfTimes,
  statistics,
  withoutSkew,
} from '../src/index.ts';
import { BASE } from './forest.ts';

const COUNT = 20_000;
const HOUR = 3_600_000_000_000n;

/** A span by number, its parent by number, with what is peculiar about it. */
function span(number: number, parent: number | undefined, more: Partial<Span> = {}): Span {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: number.toString(16).padStart(16, '0'),
    ...(parent === undefined ? {} : { parentSpanId: parent.toString(16).padStart(16, '0') }),
    name: `operation ${number % 7}`,
    kind: 'internal',
    startUnixNano: BASE + BigInt(number),
    endUnixNano: BASE + BigInt(3 * COUNT - number),
    status: 'unset',
    attributes: {},
    events: [],
    links: [],
    resource: { service: 'shop', attributes: {} },
    ...more,
  };
}

function spans(make: (number: number) => Span): Span[] {
  return Array.from({ length: COUNT }, (_, index) => make(index + 1));
}

const query = { kind: 'client', attributes: { 'db.system.name': 'postgresql' } } as const;
const first = (number: number, parent: number) => (number === 1 ? undefined : parent);
const shapes: Record<string, () => Span[]> = {
  'a chain of 20,000 levels': () => spans((number) => span(number, first(number, number - 1))),
  '20,000 children of one span': () =>
    spans((number) => span(number, first(number, 1), { endUnixNano: BASE + BigInt(2 * COUNT + (number % 1000)) })),
  '20,000 children that run one after another': () =>
    spans((number) =>
      number === 1 ? span(1, undefined) : span(number, 1, { ...query, endUnixNano: BASE + BigInt(number + 1) }),
    ),
  'a chain with two calls at each level': () =>
    spans((number) => {
      const level = number >> 1;
      if (number === 1) return span(1, undefined);
      const [start, end] =
        number % 2 === 0 ? [level, 2 * COUNT - 2 * level] : [2 * COUNT - 2 * level, 2 * COUNT - 2 * level + 1];
      return span(number, level === 1 ? 1 : 2 * (level - 1), {
        ...query,
        startUnixNano: BASE + BigInt(start),
        endUnixNano: BASE + BigInt(end),
      });
    }),
  'one cycle of 20,000 spans': () => spans((number) => span(number, (number % COUNT) + 1)),
  '20,000 orphans': () => spans((number) => span(number, number + COUNT)),
  '20,000 roots': () => spans((number) => span(number, undefined)),
  '20,000 copies of one span': () => spans(() => span(1, undefined)),
  'ends before starts, and times that cannot be': () =>
    spans((number) =>
      span(number, first(number, number >> 1), {
        endUnixNano: number % 3 === 0 ? 0n : number % 5 === 0 ? 2n ** 64n - 1n : BASE,
      }),
    ),
  'a clock that is hours off for each of 20,000 hosts': () =>
    spans((number) =>
      span(number, first(number, number >> 1), {
        startUnixNano: BASE + HOUR * BigInt(number % 5),
        endUnixNano: BASE + HOUR * BigInt(number % 5) + 1000n,
        resource: { service: `service ${number}`, attributes: { 'host.name': `host ${number}` } },
      }),
    ),
  'no service and no name anywhere': () =>
    spans((number) =>
      span(number, first(number, number >> 1), { name: '', resource: { service: '', attributes: {} } }),
    ),
};

describe('of bad input, in about linear time, every analysis makes a result:', () => {
  it.each(Object.keys(shapes))('%s', (shape) => {
    const input = shapes[shape]?.() ?? [];
    const started = process.cpuUsage();
    const trace = buildTrace(input);
    const path = criticalPath(trace);
    const [root] = trace.roots;
    expect(path.segments.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(
      (root?.end ?? 0) - (root?.start ?? 0),
    );
    expect(selfTimes(trace).every((time) => time >= 0)).toBe(true);
    expect(bottlenecks(trace).every(({ time, drag }) => drag >= 0 && drag <= time)).toBe(true);
    expect(withoutSkew(trace, clockSkew(trace)).spans).toHaveLength(trace.spans.length);
    expect(dependencies([trace]).edges.every(({ calls }) => calls > 0)).toBe(true);
    expect(statistics(input).length).toBeGreaterThan(0);
    expect(anomalies([trace], [trace])).toEqual([]);
    expect(rootCauses([trace], [trace])).toEqual(rootCauses([trace], [trace]));
    expect(compare(trace, trace).paths.every(({ difference }) => difference === 0)).toBe(true);
    const { user, system } = process.cpuUsage(started);
    // Seconds of work; what is quadratic would take many minutes.
    expect((user + system) / 1e6).toBeLessThan(30);
  });
});
