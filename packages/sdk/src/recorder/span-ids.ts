import { randomFillSync } from 'node:crypto';
import { TraceId } from '@throughline/sampling';

const POOL_WORDS = 1024;
const pool = new Int32Array(POOL_WORDS);
let taken = POOL_WORDS;

/** Four random bytes. They are fetched in advance: asking the system costs 2 µs, whatever the amount. */
export function randomWord(): number {
  if (taken === POOL_WORDS) {
    randomFillSync(pool);
    taken = 0;
  }
  return pool[taken++] as number;
}

/** The id of a new trace: all its bits are random, and they are not all zero. */
export function randomTraceId(): TraceId {
  return new TraceId(undefined, randomWord(), randomWord(), randomWord(), randomWord() || 1);
}
