import { expect, it } from 'vitest';
import { MIN_VERDICTS, type Verdict, Verdicts } from '../../src/tail/verdicts.ts';
import { TraceId } from '../../src/trace-id.ts';

it('remembers the latest decisions, and forgets old ones', () => {
  const verdicts = new Verdicts();
  const verdict: Verdict = { reason: 'error', threshold: '0' };
  const count = 10 * MIN_VERDICTS;
  const droppedId = (index: number) => new TraceId((index + 1).toString(16).padStart(32, '0'));
  for (let index = 0; index < count; index++) {
    verdicts.keep(`kept ${index}`, verdict);
    verdicts.drop(droppedId(index));
  }
  const indices = Array.from({ length: count }, (_, index) => index);
  const kept = indices.filter((index) => verdicts.kept(`kept ${index}`) === verdict);
  const dropped = indices.filter((index) => verdicts.wasDropped(droppedId(index)));
  for (const known of [kept, dropped]) {
    expect(known.length).toBeGreaterThanOrEqual(MIN_VERDICTS);
    expect(known.length).toBeLessThanOrEqual(2 * MIN_VERDICTS);
    expect(known.at(-1)).toBe(count - 1);
  }
});
