const LAST = 2n ** 64n - 1n;

/** Milliseconds since 1970 as nanoseconds of 64 bits without a sign, to the microsecond. */
export function nanoseconds(ms: number): bigint {
  if (ms === Number.POSITIVE_INFINITY) return LAST;
  const value = BigInt(Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, Math.round(ms * 1000)))) * 1000n;
  return value > LAST ? LAST : value;
}
