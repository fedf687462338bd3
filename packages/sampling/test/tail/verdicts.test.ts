import { expect, it } from 'vitest';
import { MIN_VERDICTS, type Verdict, Verdicts } from '../../src/tail/verdicts.ts';

it('remembers the latest decisions, and forgets old ones', () => {
  const verdicts = new Verdicts();
  const verdict: Verdict = { reason: 'error', threshold: '0' };
  const count = 10 * MIN_VERDICTS;
  for (let index = 0; index < count; index++) {
    verdicts.keep(`kept ${index}`, verdict);
    verdicts.drop(`dropped ${index}`);
  }
  const indices = Array.from({ length: count }, (_, index) => index);
  const kept = indices.filter((index) => verdicts.kept(`kept ${index}`) === verdict);
  const dropped = indices.filter((index) => verdicts.wasDropped(`dropped ${index}`));
  for (const known of [kept, dropped]) {
    expect(known.length).toBeGreaterThanOrEqual(MIN_VERDICTS);
    expect(known.length).toBeLessThanOrEqual(2 * MIN_VERDICTS);
    expect(known.at(-1)).toBe(count - 1);
  }
});
