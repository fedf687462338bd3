import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { newSeed } from '../random-ids.ts';
import { createHold, SPAN_BYTES, type TestSpan, traceId } from './spans.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const seed = newSeed();
const MAX_BYTES = 12 * SPAN_BYTES;

type Step =
  | { readonly do: 'request'; readonly trace: number; readonly sampled: boolean }
  | { readonly do: 'child'; readonly of: number }
  | { readonly do: 'end'; readonly which: number; readonly error: boolean; readonly ms: number }
  | { readonly do: 'keep'; readonly trace: number }
  | { readonly do: 'memory'; readonly use: number }
  | { readonly do: 'wait'; readonly ms: number };

const trace = fc.nat(5);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('request' as const), trace, sampled: often(false) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('child' as const), of: fc.nat(99) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        which: fc.nat(99),
        error: often(false),
        ms: fc.constantFrom(1, 1, 1, 900, 1100),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('keep' as const), trace }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('memory' as const), use: fc.constantFrom(0.5, 0.5, 0.87, 0.95) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(10, 400, 6000, 30_000) }),
    },
  ),
  { maxLength: 120 },
);

function often(value: boolean): fc.Arbitrary<boolean> {
  return fc.nat(9).map((dice) => (dice === 0 ? !value : value));
}

/** Goes through the steps, checks what must hold at every moment, and returns what must hold at the end. */
function run(all: readonly Step[], maxBytes: number) {
  let memory = 0;
  const options = { slowerThan: '1s', maxBytes, perSecond: 1e9 };
  const { hold, start, end, out, announced } = createHold(options, () => memory);
  const open: TestSpan[] = [];
  const ended = new Set<TestSpan>();
  for (const step of all) {
    if (step.do === 'request') open.push(start({ trace: step.trace, sampled: step.sampled }));
    if (step.do === 'keep') hold.keep(traceId(step.trace));
    if (step.do === 'memory') memory = step.use;
    if (step.do === 'wait') vi.advanceTimersByTime(step.ms);
    const parent = step.do === 'child' ? open[step.of % Math.max(1, open.length)] : undefined;
    // The sampler lets a child do as its parent does.
    if (parent !== undefined) open.push(start({ ...follow(parent), parent }));
    const [span] = step.do === 'end' ? open.splice(step.which % Math.max(1, open.length), 1) : [];
    if (step.do === 'end' && span !== undefined) {
      ended.add(span);
      end(span, step);
    }
    check();
  }
  return { hold, start, end, out, open, ended, check };

  function check(): void {
    const { heldBytes, held, kept, dropped, evicted, late, omitted, shed } = hold.stats();
    expect(heldBytes).toBeLessThanOrEqual(maxBytes);
    expect(heldBytes).toBeGreaterThanOrEqual(held * SPAN_BYTES);
    expect(new Set(out).size).toBe(out.length);
    expect(new Set(announced).size).toBe(announced.length);
    for (const span of out) {
      expect(ended.has(span)).toBe(true);
      expect(announced).toContain(span);
      expect(span.spanContext().traceFlags & 1).toBe(1);
    }
    const sampledByOthers = out.filter((span) => span.attributes['sampling.reason'] === undefined).length;
    expect(sampledByOthers + held + kept + dropped + evicted + late + omitted + shed).toBe(ended.size);
  }
}

function follow(parent: TestSpan): { trace: number; sampled: boolean } {
  const { traceId: id, traceFlags } = parent.spanContext();
  return { trace: Number.parseInt(id.slice(1), 16), sampled: (traceFlags & 1) === 1 };
}

it('hands over every span at most once, stays below its cap, loses count of none and retains nothing', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (all, end) => {
      const { hold, open, ended, check, end: endSpan } = run(all, MAX_BYTES);
      if (end) hold.shutdown();
      for (const span of open) {
        ended.add(span);
        endSpan(span);
      }
      check();
      vi.advanceTimersByTime(10_500);
      expect(hold.stats()).toMatchObject({ held: 0, heldBytes: 0 });
      expect(vi.getTimerCount()).toBe(0);
    }),
    { seed, numRuns: 1000 },
  );
});

it('hands over exactly the traces that had a reason, while there is room and the time is not over', () => {
  // What is sampled at its start passes without a look at the rules, so it says nothing about them.
  const quick = steps.map((all) =>
    all
      .filter((step) => step.do !== 'wait' && step.do !== 'memory')
      .map((step) => (step.do === 'request' ? { ...step, sampled: false } : step)),
  );
  fc.assert(
    fc.property(quick, (all) => {
      const { hold, out, ended } = run(all, 1e9);
      const kept = new Set<string>();
      // A trace is kept if a rule applied to one of its spans, or if it was named.
      for (const span of ended) {
        const slow = span.durationMs > 1000 && span.parentSpanContext?.isRemote === true;
        if (span.status.code === 2 || slow) kept.add(span.spanContext().traceId);
      }
      const handedOver = new Set(out);
      for (const span of ended) {
        if (kept.has(span.spanContext().traceId)) expect(handedOver.has(span)).toBe(true);
      }
      for (const span of out) {
        const named = all.some((step) => step.do === 'keep' && traceId(step.trace) === span.spanContext().traceId);
        expect(kept.has(span.spanContext().traceId) || named).toBe(true);
      }
      hold.shutdown();
    }),
    { seed, numRuns: 1000 },
  );
});
