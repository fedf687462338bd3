import { expect, it } from 'vitest';
import { NEVER, passes, randomnessOf, ratioOf, textPasses, thresholdOf } from '../src/threshold.ts';
import { TraceId } from '../src/trace-id.ts';

// Ratio, and its threshold at a precision of 3, 4 and 5 digits.
const vectors: [ratio: number, three: string, four: string, five: string][] = [
  [1, '0', '0', '0'],
  [1 / 2, '8', '8', '8'],
  [1 / 3, 'aab', 'aaab', 'aaaab'],
  [2 / 3, '555', '5555', '55555'],
  [1 / 4, 'c', 'c', 'c'],
  [1 / 5, 'ccd', 'cccd', 'ccccd'],
  [1 / 8, 'e', 'e', 'e'],
  [1 / 10, 'e66', 'e666', 'e6666'],
  [1 / 16, 'f', 'f', 'f'],
  [1 / 100, 'fd71', 'fd70a', 'fd70a4'],
  [1 / 1000, 'ffbe7', 'ffbe77', 'ffbe76d'],
  [1e-6, 'ffffef4', 'ffffef39', 'ffffef391'],
];

it.each(vectors)('writes the ratio %d as the specification does', (ratio, three, four, five) => {
  expect([3, 4, 5].map((precision) => thresholdOf(ratio, precision))).toEqual([three, four, five]);
  expect(thresholdOf(ratio)).toBe(four);
});

it('stays within one part in a thousand of the ratio and of what is left out, however small they are', () => {
  for (let ratio = 1; ratio > 1e-11; ratio *= 0.87) {
    expect(Math.abs(ratioOf(thresholdOf(ratio)) / ratio - 1), String(ratio)).toBeLessThan(1e-3);
    const rest = 1 - ratio;
    if (rest > 0) expect(Math.abs(ratioOf(thresholdOf(rest)) - rest) / ratio, String(rest)).toBeLessThan(1e-3);
  }
});

it('gives thresholds in the order of the ratios', () => {
  const ratios = [1, 1 - 2 ** -52, 0.9999, 0.99, 0.5, 0.1, 0.01, 1e-3, 1e-6, 1e-9, 2 ** -52, 0];
  const thresholds = ratios.map((ratio) => thresholdOf(ratio));
  expect([...thresholds].sort()).toEqual(thresholds);
  expect(new Set(thresholds).size).toBe(ratios.length);
});

it('keeps no trace at 0, and all at 1', () => {
  const [lowest, highest] = ['0'.repeat(14), 'f'.repeat(14)] as [string, string];
  expect(highest >= thresholdOf(0)).toBe(false);
  expect(lowest >= thresholdOf(1)).toBe(true);
  expect([ratioOf(thresholdOf(0)), ratioOf(thresholdOf(1))]).toEqual([0, 1]);
});

it('never rounds a ratio above 0 to 0, nor writes more than 14 digits', () => {
  for (const ratio of [Number.MIN_VALUE, 2 ** -60, 2 ** -56, 2 ** -53, 2 ** -52, 1 - 2 ** -53]) {
    expect(thresholdOf(ratio), String(ratio)).toMatch(/^[0-9a-f]{1,14}$/);
    expect(ratioOf(thresholdOf(ratio))).toBeGreaterThan(0);
    expect(Math.abs(ratioOf(thresholdOf(ratio)) - ratio)).toBeLessThanOrEqual(2 ** -52);
  }
});

it('takes the last 56 bits of a trace id for its randomness', () => {
  expect(randomnessOf('0af7651916cd43dd8448eb211c80319c')).toBe('48eb211c80319c');
});

it('lets pass the traces whose randomness is not below the threshold as a text', () => {
  const digit = (): string => Math.floor(Math.random() * 16).toString(16);
  for (let round = 0; round < 20_000; round++) {
    const traceId = Array.from({ length: 32 }, digit).join('');
    const randomness = randomnessOf(traceId);
    // Mostly a threshold that begins as the randomness does, so that more than one digit counts.
    const shared = randomness.slice(0, Math.floor(Math.random() * 15));
    for (const threshold of [shared === '' ? '0' : shared, `${shared}${digit()}`.slice(0, 14), digit(), '0', NEVER]) {
      const wanted = randomness >= threshold;
      const found = [passes(new TraceId(traceId), threshold), textPasses(traceId, threshold)];
      expect(found, `${traceId} at ${threshold}`).toEqual([wanted, wanted]);
      // Ids that are none are treated the same by both.
      const odd = traceId.toUpperCase().slice(0, Math.floor(Math.random() * 33));
      expect(textPasses(odd, threshold), `${odd} at ${threshold}`).toBe(passes(new TraceId(odd), threshold));
    }
  }
});
