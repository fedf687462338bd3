import { expect, it } from 'vitest';
import { nearbyShare, type Share, ShareReducer, STEPS_PER_HALVING, shareOf, thinnedShare } from '../src/share.ts';

it('is worked out once for each ratio, as long as there are not too many', () => {
  const share = shareOf(0.5);
  expect(shareOf(0.5)).toBe(share);
  for (let index = 1; index <= 2000; index++) shareOf(index / 4000.5);
  expect(shareOf(0.5)).not.toBe(share);
  expect(shareOf(0.5)).toEqual(share);
});

it('is thinned by steps, each halving sixteen of them', () => {
  for (const ratio of [1, 0.5, 0.1, 0.01]) {
    for (const halvings of [1, 2, 10]) {
      const thinned = thinnedShare(shareOf(ratio), halvings * STEPS_PER_HALVING).ratio;
      expect(Math.abs(thinned / (ratio / 2 ** halvings) - 1), `${ratio} by ${halvings}`).toBeLessThan(0.03);
    }
  }
});

it('is never thinned to more than it was, nor to nothing', () => {
  for (let ratio = 1; ratio > 1e-6; ratio *= 0.93) {
    for (const steps of [0.01, 0.3, 0.6, 1, 5]) {
      expect(thinnedShare(shareOf(ratio), steps).ratio).toBeLessThanOrEqual(shareOf(ratio).ratio);
    }
  }
  expect(thinnedShare(shareOf(1), 1e9).ratio).toBeGreaterThan(0);
  expect(thinnedShare(shareOf(1e-3), Number.POSITIVE_INFINITY).ratio).toBeGreaterThan(0);
  expect(thinnedShare(shareOf(0), 16)).toBe(shareOf(0));
});

it('stays as it is where the steps are none, or no number', () => {
  for (const steps of [0, -5, Number.NaN]) expect(thinnedShare(shareOf(0.3), steps)).toBe(shareOf(0.3));
});

it('is one of some hundred for ratios that move', () => {
  const seen = new Set<unknown>();
  for (let ratio = 1; ratio > 1e-6; ratio *= 0.9999) {
    const share = nearbyShare(ratio);
    seen.add(share);
    expect(Math.abs(share.ratio / ratio - 1)).toBeLessThan(0.03);
  }
  expect(seen.size).toBeLessThan(400);
  expect([nearbyShare(2).ratio, nearbyShare(Number.POSITIVE_INFINITY).ratio]).toEqual([1, 1]);
});

it('is reduced by a factor that moves to within half a step of what the factor says, whatever came before', () => {
  const reducer = new ShareReducer();
  const step = 2 ** (0.5 / STEPS_PER_HALVING);
  const shares = [shareOf(1), shareOf(0.3), shareOf(0.01), shareOf(0)];
  for (let turn = 0; turn < 20_000; turn++) {
    const share = shares[(turn >> 8) % shares.length] as Share;
    // It drifts, and now and then it jumps.
    const factor = turn % 97 === 0 ? 1e4 * (1 + Math.sin(turn)) : 30 + 29 * Math.sin(turn / 500);
    const reduced = reducer.reduce(share, factor).ratio;
    const exact = share.ratio / Math.max(1, factor);
    if (share.ratio === 0) expect(reduced).toBe(0);
    else expect(Math.abs(Math.log(reduced / exact)), `by ${factor}`).toBeLessThan(Math.log(step) * 1.02);
    expect(reduced).toBeLessThanOrEqual(share.ratio);
  }
});

it('is not reduced by a factor that is none', () => {
  const reducer = new ShareReducer();
  const share = shareOf(0.3);
  expect(reducer.reduce(share, 4)).not.toBe(share);
  for (const factor of [1, 0.5, 0, -3, Number.NaN]) expect(reducer.reduce(share, factor)).toBe(share);
  expect(reducer.reduce(share, Number.POSITIVE_INFINITY).ratio).toBeGreaterThan(0);
  expect(reducer.reduce(share, 4).ratio).toBeCloseTo(0.075, 2);
});
