import { createTraceState, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { consistentSampler } from '@throughline/sampling';
import { describe, expect, it } from 'vitest';
import { decideChild, decideRoot } from './decision.ts';

// The last 56 bits decide: these are 25 % and 75 % of the way up, so a ratio of one half drops the first.
const LOW = '0af7651916cd43dd8440000000000000';
const HIGH = '0af7651916cd43dd84c0000000000000';
const half = consistentSampler({ ratio: 0.5 });
const halfRecorded = consistentSampler({ ratio: 0.5, record: true });

describe('a trace that begins here', () => {
  it('is kept if its randomness is not below the threshold, and says its share', () => {
    expect(decideRoot(half, HIGH)).toEqual({ decision: 2, state: 'ot=th:8' });
    expect(decideRoot(half, '0af7651916cd43dd8480000000000000').decision).toBe(2);
    expect(decideRoot(half, '0af7651916cd43dd847fffffffffffff').decision).toBe(0);
    expect(decideRoot(half, LOW)).toEqual({ decision: 0, state: undefined });
  });

  it('is recorded without a flag where someone may keep it yet', () => {
    expect(decideRoot(halfRecorded, LOW)).toEqual({ decision: 1, state: undefined });
    expect(decideRoot(halfRecorded, HIGH).decision).toBe(2);
  });

  it('is kept always at 1, the default, and never at 0', () => {
    for (const id of [LOW, HIGH, '0'.repeat(31) + 1, 'f'.repeat(32)]) {
      expect(decideRoot(consistentSampler(), id)).toEqual({ decision: 2, state: 'ot=th:0' });
      expect(decideRoot(consistentSampler({ ratio: 0 }), id)).toEqual({ decision: 0, state: undefined });
    }
  });

  it.each([
    ['rv:c0000000000000', LOW, 2, 'ot=th:8;rv:c0000000000000,v=1'],
    ['rv:40000000000000', HIGH, 0, 'ot=rv:40000000000000,v=1'],
    ['th:f;rv:c0000000000000;x:y', LOW, 2, 'ot=th:8;rv:c0000000000000;x:y,v=1'],
    ['th:0;x:y', LOW, 0, 'ot=x:y,v=1'],
    ['th:0', LOW, 0, 'v=1'],
    ['rv:nonsense', HIGH, 2, 'ot=th:8;rv:nonsense,v=1'],
  ])('takes randomness from a context without ids: %s', (ot, traceId, decision, state) => {
    const parent = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: '0'.repeat(32),
      spanId: '0'.repeat(16),
      traceFlags: 0,
      traceState: createTraceState(`ot=${ot},v=1`),
    });
    expect(decideRoot(half, traceId, {}, 'GET', parent)).toEqual({ decision, state });
  });
});

describe('a span with a parent', () => {
  const parents = [true, false].flatMap((isRemote) =>
    [0, 1, 2, 3].flatMap((flags) =>
      [undefined, 'rv:40000000000000', 'rv:c0000000000000'].flatMap((rv) =>
        [undefined, 'th:8', 'th:0', 'th:f', 'th:BAD'].flatMap((th) =>
          [LOW, HIGH].map((traceId) => ({ isRemote, flags, rv, th, traceId })),
        ),
      ),
    ),
  );

  it.each(parents)(
    'follows the flag and believes no threshold that contradicts it: remote $isRemote, flags $flags, $rv, $th, $traceId',
    ({ isRemote, flags, rv, th, traceId }) => {
      const write = (...keys: (string | undefined)[]): string => {
        const ot = keys.filter((key) => key !== undefined).join(';');
        return ot === '' ? 'v=1' : `ot=${ot},v=1`;
      };
      const sampled = (flags & 1) === 1;
      const upper = rv === undefined ? traceId === HIGH : rv.startsWith('rv:c');
      // 25 % and 75 %: above th:0 always, above th:8 if in the upper half, above th:f never.
      const above = th === 'th:0' || (th === 'th:8' && upper);
      const credible = th !== 'th:BAD' && above === sampled;
      const expected = write('a:1', rv, credible ? th : undefined, 'b:2');
      const parent = { isRemote, flags, state: write('a:1', rv, th, 'b:2') };
      // The randomness of the trace would have this sampler decide otherwise for half of them: it must not.
      expect(decideChild(half, traceId, parent)).toEqual({ decision: sampled ? 2 : 0, state: expected });
      expect(decideChild(halfRecorded, traceId, parent)).toEqual({ decision: sampled ? 2 : 1, state: expected });
    },
  );

  it('keeps the state of a parent that says nothing of sampling, the very same object', () => {
    expect(decideChild(half, HIGH, { flags: 1, state: 'v=1,w=2', isRemote: true }).state).toBe('v=1,w=2');
    expect(decideChild(half, HIGH, { flags: 1, isRemote: true })).toEqual({ decision: 2, state: undefined });
    const traceState = createTraceState('ot=th:8,v=1');
    const parent = { traceId: HIGH, spanId: '00f067aa0ba902b7', traceFlags: 1, traceState };
    const result = half.shouldSample(trace.setSpanContext(ROOT_CONTEXT, parent), HIGH, 'x', 0, {}, []);
    expect(result.traceState ?? traceState).toBe(traceState);
  });

  it('loses the member `ot` when nothing is left in it', () => {
    expect(decideChild(half, LOW, { flags: 1, state: 'ot=th:8,v=1', isRemote: true }).state).toBe('v=1');
  });

  it('has a state that can be read and changed like any other, and leaves that of its parent as it is', () => {
    const traceState = createTraceState('a=1,ot=th:8;rv:40000000000000,b=2');
    const parent = { traceId: LOW, spanId: '00f067aa0ba902b7', traceFlags: 1, traceState };
    const state = half.shouldSample(trace.setSpanContext(ROOT_CONTEXT, parent), LOW, 'x', 0, {}, []).traceState;
    expect([state?.get('ot'), state?.get('a'), state?.get('c')]).toEqual(['rv:40000000000000', '1', undefined]);
    expect(state?.set('b', '3').serialize()).toBe('b=3,ot=rv:40000000000000,a=1');
    expect(state?.unset('a').serialize()).toBe('ot=rv:40000000000000,b=2');
    expect(state?.serialize()).toBe('ot=rv:40000000000000,a=1,b=2');
    expect(traceState.serialize()).toBe('a=1,ot=th:8;rv:40000000000000,b=2');
  });
});

it.each([
  [{ ratio: 1.1 }, '[sampling] Expected `ratio` to be a number from 0 to 1, got 1.1.'],
  [{ ratio: -0.1 }, 'got -0.1.'],
  [{ ratio: Number.NaN }, 'got NaN.'],
  [{ ratio: '0.5' }, 'got the string "0.5".'],
  [{ ratio: null }, 'got null.'],
  [{ record: 1 }, '[sampling] Expected `record` to be true or false, got 1.'],
  [{ rate: 0.1 }, '[sampling] There is no option `rate`. Use one of `ratio`, `record`.'],
  [0.1, '[sampling] Expected the options to be an object, got 0.1.'],
])('rejects the options %j', (options, message) => {
  expect(() => consistentSampler(options as object)).toThrow(message);
});
