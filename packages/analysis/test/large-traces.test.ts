import { expect, it } from 'vitest';
import {
  bottlenecks,
  buildTrace,
  clockSkew,
  criticalPath,
  type Span,
  selfTimes,
  type TraceWarning,
  withoutSkew,
} from '../src/index.ts';
import { id, makeSpan, NOON } from './spans.ts';

const COUNT = 100_000;
const HOUR = 3_600_000_000_000;

const child = (index: number, parent: number, more: Parameters<typeof makeSpan>[1] = {}): Span =>
  makeSpan(id(index + 1), { parentSpanId: id(parent + 1), start: index, end: 3 * COUNT - index, ...more });

it.each<[string, TraceWarning['kind'][], (index: number) => Span]>([
  ['levels', [], (index) => child(index, index - 1)],
  ['children of one span', [], (index) => child(index, 0)],
  ['children that outlive their parent', [], (index) => child(index, 0, { end: 4 * COUNT })],
  ['spans in one cycle', ['cycle'], (index) => child(index, index === 1 ? COUNT - 1 : index - 1)],
  ['spans without a time', ['absurd-duration'], (index) => child(index, index >> 1, { endUnixNano: 0n })],
  [
    'spans of hosts whose clocks are hours off',
    [],
    (index) => {
      const start = (index % 5) * HOUR;
      const service = `service ${index}`;
      return child(index, index >> 1, {
        service,
        startUnixNano: NOON + BigInt(start),
        endUnixNano: NOON + BigInt(start + 9),
      });
    },
  ],
])('100,000 %s become a result, with what is wrong told, within seconds of processor time', (_, kinds, make) => {
  const spans = [
    makeSpan(id(1), { end: 3 * COUNT }),
    ...Array.from({ length: COUNT - 1 }, (_, index) => make(index + 1)),
  ];
  const before = process.cpuUsage();
  const trace = buildTrace(spans);
  const path = criticalPath(trace);
  const self = selfTimes(trace);
  const slow = bottlenecks(trace, path);
  const straight = withoutSkew(trace, clockSkew(trace));
  const { user, system } = process.cpuUsage(before);
  expect(trace.spans).toHaveLength(COUNT);
  expect([...new Set(trace.warnings.map(({ kind }) => kind))]).toEqual(kinds);
  expect(path.segments.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(trace.roots[0]?.end);
  expect(self.every((time) => time >= 0)).toBe(true);
  expect(slow.every(({ time, drag }) => drag >= 0 && drag <= time)).toBe(true);
  expect(straight.spans).toHaveLength(COUNT);
  expect((user + system) / 1e6).toBeLessThan(8);
});
