import { expect, it } from 'vitest';
import { SpanIds } from '../src/api/span-ids.ts';

const ORDINARY = ['0000000000000001', 'ffffffffffffffff', '00f067aa0ba902b7', '8000000000000000', '00000000f0000000'];
const ODD = [
  '0000000000000000',
  '',
  '1',
  '00F067AA0BA902B7',
  '00f067aa0ba902b70',
  '00f067aa0ba902bg',
  '-0f067aa0ba902b7',
  'é',
];

it('keeps ids in eight bytes each, and those that do not fit as they are', () => {
  const texts = [...ORDINARY, ...ODD, ...ORDINARY.toReversed()];
  const ids = SpanIds.of(texts);
  expect([...ids.odd.values()]).toEqual(ODD);
  const read = SpanIds.from(ids.toBytes().slice().buffer as ArrayBuffer, ids.odd);
  expect(texts.map((_, index) => read.at(index))).toEqual(texts);
  expect(texts.map((id) => read.indexOf(id))).toEqual(texts.map((id) => texts.indexOf(id)));
});
