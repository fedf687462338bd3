import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 24 * 256;
const CHUNK_BYTES = 24 * 8;
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
const ZEROS: Record<number, string> = { 8: '0'.repeat(16), 16: '0'.repeat(32) };
let offset = POOL_BYTES;
let chunk = '';
let used = 0;

/** A random trace id: 32 hex digits, never all zero. All its low 56 bits are random, as Level 2 of Trace Context asks. */
export function randomTraceId(): string {
  return randomHex(16);
}

/** A random span id: 16 hex digits, never all zero. */
export function randomSpanId(): string {
  return randomHex(8);
}

// Randomness in advance: asking the system for it costs 2 µs, whatever the amount. Text for some ids at a time: a call into
// the runtime costs as much as the rest. Not for many: an id that somebody keeps may keep the whole chunk.
function randomHex(bytes: number): string {
  const digits = bytes * 2;
  if (used + digits > chunk.length) {
    if (offset === POOL_BYTES) {
      randomFillSync(pool);
      offset = 0;
    }
    chunk = pool.toString('hex', offset, offset + CHUNK_BYTES);
    offset += CHUNK_BYTES;
    used = 0;
  }
  used += digits;
  const text = chunk.slice(used - digits, used);
  return text === ZEROS[bytes] ? randomHex(bytes) : text;
}
