import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 24 * 256;
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
const ZEROS: Record<number, string> = { 8: '0'.repeat(16), 16: '0'.repeat(32) };
let offset = POOL_BYTES;

/** A random trace id: 32 hex digits, never all zero. All its low 56 bits are random, as Level 2 of Trace Context asks. */
export function randomTraceId(): string {
  return randomHex(16);
}

/** A random span id: 16 hex digits, never all zero. */
export function randomSpanId(): string {
  return randomHex(8);
}

// Randomness in advance: asking the system for it costs 2 µs, whatever the amount.
function randomHex(bytes: number): string {
  if (offset + bytes > POOL_BYTES) {
    randomFillSync(pool);
    offset = 0;
  }
  offset += bytes;
  const text = pool.toString('hex', offset - bytes, offset);
  return text === ZEROS[bytes] ? randomHex(bytes) : text;
}
