import { randomFillSync } from 'node:crypto';
import { hexText, hexText32 } from './hex-text.ts';

const POOL_WORDS = 1024;
const pool = new Int32Array(POOL_WORDS);
let taken = POOL_WORDS;

/** A random trace id: 32 hex digits, never all zero. All its low 56 bits are random, as Level 2 of Trace Context asks. */
export function randomTraceId(): string {
  return hexText32(randomWord(), randomWord(), randomWord(), randomWord() || 1);
}

/** A random span id: 16 hex digits, never all zero. */
export function randomSpanId(): string {
  return hexText(randomWord(), randomWord() || 1);
}

/** Four random bytes. They are fetched in advance: asking the system costs 2 µs, whatever the amount. */
export function randomWord(): number {
  if (taken === POOL_WORDS) {
    randomFillSync(pool);
    taken = 0;
  }
  return pool[taken++] as number;
}
