import { describe, expect, it } from 'vitest';
import { layersOf } from '../../src/page/map/layers.ts';

describe('the places of the service map', () => {
  it('lead to the right, around what stands between', () => {
    const { places, bends } = layersOf(3, [
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 0, to: 2 },
    ]);
    expect(places.map(({ layer }) => layer)).toEqual([0, 1, 2]);
    expect(bends.map((bend) => bend.map(({ layer }) => layer))).toEqual([[], [], [1]]);
    expect(bends[2]?.[0]?.row).not.toBe(places[1]?.row);
  });

  it('are there for callers in a circle and for those who call themselves', () => {
    const { places, bends } = layersOf(3, [
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 0 },
      { from: 1, to: 1 },
      { from: 2, to: -1 },
    ]);
    expect(places.map(({ layer }) => layer)).toEqual([0, 1, 2]);
    expect(bends).toEqual([[], [], [], [], []]);
  });

  it('never are two in one', () => {
    const arrows = Array.from({ length: 60 }, (_, index) => ({ from: (index * 7) % 19, to: (index * index + 3) % 20 }));
    const { places, bends } = layersOf(20, arrows);
    const all = [...places, ...bends.flat()].map(({ layer, row }) => `${layer} ${row}`);
    expect(new Set(all).size).toBe(all.length);
    expect(bends.flat().length).toBeGreaterThan(0);
  });
});
