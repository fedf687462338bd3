import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createHold, look, traceId } from './spans.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('keeps what it holds when a peer says so, and says why', () => {
  const { start, end, out, hold } = createHold({ perSecond: 0.001 });
  const root = start();
  end(start({ name: 'child', parent: root }));
  expect(hold.isKept(traceId(1))).toBe(false);
  expect(hold.keep(traceId(1), 'peer')).toBe(true);
  expect(hold.isKept(traceId(1))).toBe(true);
  end(root);
  expect(out.map(look)).toEqual([
    { flag: 1, state: 'ot=th:0', reason: 'peer' },
    { flag: 1, state: 'ot=th:0', reason: 'peer' },
  ]);
});

it('keeps the part of a trace that begins after a peer has said so', () => {
  const { start, end, out, hold } = createHold();
  expect(hold.keep(traceId(1), 'peer')).toBe(true);
  expect(hold.stats().kept).toBe(0);
  end(start());
  expect(out.map(look)).toEqual([{ flag: 1, state: 'ot=th:0', reason: 'peer' }]);
});

it('does not take back that a trace was dropped', () => {
  const { start, end, out, hold } = createHold();
  end(start());
  vi.advanceTimersByTime(11_000);
  expect(hold.keep(traceId(1), 'peer')).toBe(false);
  expect(out).toEqual([]);
});

it('tells of every trace that is kept, once, whatever the reason', () => {
  const { start, end, hold } = createHold({ slowerThan: '1s' });
  const told: unknown[] = [];
  hold.whenKept((id, reason) => void told.push([id, reason]));
  end(start({ trace: 1 }), { error: true });
  end(start({ trace: 1 }), { error: true });
  end(start({ trace: 2 }), { ms: 2000 });
  end(start({ trace: 3 }));
  hold.keep(traceId(3), 'peer');
  hold.keep(traceId(3), 'peer');
  end(start({ trace: 4 }));
  start({ trace: 4, sampled: true });
  end(start({ trace: 5 }));
  expect(told).toEqual([
    [traceId(1), 'error'],
    [traceId(2), 'slow'],
    [traceId(3), 'peer'],
    [traceId(4), 'caller'],
  ]);
});

it('has handed over and flipped all spans of a trace when it tells of it, and survives a listener that throws', () => {
  const { start, end, out, hold } = createHold();
  hold.whenKept(() => {
    expect(out).toEqual([before]);
    throw new Error('of the listener');
  });
  const root = start();
  const before = start({ parent: root });
  end(before);
  hold.keep(traceId(1));
  expect(root.spanContext().traceFlags).toBe(1);
  end(root);
  expect(out).toEqual([before, root]);
});
