import { ratioOf, readThreshold, thresholdOf } from '@throughline/sampling';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { newSeed, randomNumbers } from '../random-ids.ts';
import { createHold, look, type TestSpan } from './spans.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const TRACES = 40_000;
const RATIO = 0.05;

function weightOf(span: TestSpan): number {
  return 1 / ratioOf(readThreshold(look(span).state?.slice(3) ?? '') as string);
}

it('lets errors be counted exactly and all else within what chance allows, where adding all weights counts errors twice', () => {
  const threshold = thresholdOf(RATIO);
  const random = randomNumbers(newSeed());
  const { start, end, out, hold } = createHold({ perSecond: 1e9 });
  let errors = 0;
  for (let trace = 0; trace < TRACES; trace++) {
    const randomness = Math.floor(random() * 2 ** 52)
      .toString(16)
      .padStart(13, '0');
    const sampled = randomness >= threshold;
    const error = trace % 8 === 0;
    if (error) errors += 1;
    end(start({ trace, sampled, ...(sampled && { state: `ot=th:${threshold}` }) }), { error });
  }
  hold.shutdown();
  const failed = out.filter(({ status }) => status.code === 2);
  expect(failed).toHaveLength(errors);
  const byChance = out.filter((span) => look(span).reason === undefined);
  const counted = byChance.reduce((sum, span) => sum + weightOf(span), 0);
  const deviation = Math.sqrt(TRACES * (1 / RATIO - 1));
  // Six, because the seed is another one each time: one in 500 million runs is beyond.
  expect(Math.abs(counted - TRACES) / deviation).toBeLessThan(6);
  expect(out.filter((span) => look(span).reason === 'error').every((span) => look(span).state === 'ot=th:0')).toBe(
    true,
  );
  const naive = failed.reduce((sum, span) => sum + weightOf(span), 0) / errors;
  // 1.95, and six deviations of 0.06 around.
  expect(naive).toBeGreaterThan(1.6);
  expect(naive).toBeLessThan(2.3);
});
