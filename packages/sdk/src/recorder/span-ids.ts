import { randomFillSync } from 'node:crypto';

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

/** Two words as the 16 hex digits of a span id. One call for all of them takes a third of what slices or sums take. */
export function spanIdText(high: number, low: number): string {
  return String.fromCharCode(
    digit(high >>> 28),
    digit(high >>> 24),
    digit(high >>> 20),
    digit(high >>> 16),
    digit(high >>> 12),
    digit(high >>> 8),
    digit(high >>> 4),
    digit(high),
    digit(low >>> 28),
    digit(low >>> 24),
    digit(low >>> 20),
    digit(low >>> 16),
    digit(low >>> 12),
    digit(low >>> 8),
    digit(low >>> 4),
    digit(low),
  );
}

function digit(value: number): number {
  return DIGITS[value & 15] as number;
}

const DIGITS = Uint8Array.from('0123456789abcdef', (character) => character.charCodeAt(0));
