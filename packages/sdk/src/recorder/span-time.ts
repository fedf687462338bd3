import type { HrTime, TimeInput } from '@opentelemetry/api';

const NANOS_PER_MILLI = 1_000_000;
const TWO_32 = 0x1_0000_0000;

/** A point in time as whole milliseconds since the epoch and the nanoseconds beyond: exact in two doubles. */
export type SpanTime = { readonly millis: number; readonly nanos: number };

/** The time of a count of milliseconds since the epoch, fractions included. */
export function timeOfMillis(value: number): SpanTime {
  const millis = Math.floor(value);
  const nanos = Math.round((value - millis) * NANOS_PER_MILLI);
  return nanos === NANOS_PER_MILLI ? { millis: millis + 1, nanos: 0 } : { millis, nanos };
}

/** The time some milliseconds after another. */
export function timeAfter(start: SpanTime, milliseconds: number): SpanTime {
  const whole = Math.floor(milliseconds);
  const nanos = start.nanos + Math.round((milliseconds - whole) * NANOS_PER_MILLI);
  return nanos >= NANOS_PER_MILLI
    ? { millis: start.millis + whole + 1, nanos: nanos - NANOS_PER_MILLI }
    : { millis: start.millis + whole, nanos };
}

/**
 * What a caller gave as a time: a `Date`, epoch milliseconds, `[seconds, nanoseconds]`, or a reading of
 * `performance.now()`, told by being smaller than the current one.
 */
export function timeOfInput(input: TimeInput): SpanTime {
  if (Array.isArray(input)) return timeOfHrTime(input);
  if (input instanceof Date) return timeOfMillis(input.getTime());
  return timeOfMillis(input <= performance.now() ? performance.timeOrigin + input : input);
}

/** Whether a value can be given as a time. */
export function isTimeInput(value: unknown): value is TimeInput {
  return typeof value === 'number' || value instanceof Date || isHrTime(value);
}

/** Whether the first time is before the second. */
export function isBefore(first: SpanTime, second: SpanTime): boolean {
  return first.millis < second.millis || (first.millis === second.millis && first.nanos < second.nanos);
}

/** The nanoseconds since the epoch as two unsigned 32-bit halves: `[low, high]`. */
export function nanosecondHalves({ millis, nanos }: SpanTime): [low: number, high: number] {
  // The product exceeds 2^53, so it is computed in two parts that do not.
  // Without `%`, which is a call into C for numbers of this size.
  const units = Math.floor(millis / 0x1_0000);
  const upper = units * NANOS_PER_MILLI;
  const lower = (millis - units * 0x1_0000) * NANOS_PER_MILLI + nanos;
  const upperHigh = Math.floor(upper / 0x1_0000);
  const lowerHigh = Math.floor(lower / TWO_32);
  const low = (upper - upperHigh * 0x1_0000) * 0x1_0000 + (lower - lowerHigh * TWO_32);
  return low < TWO_32 ? [low, upperHigh + lowerHigh] : [low - TWO_32, upperHigh + lowerHigh + 1];
}

function timeOfHrTime([seconds, nanoseconds]: HrTime): SpanTime {
  const millis = Math.floor(nanoseconds / NANOS_PER_MILLI);
  return { millis: seconds * 1000 + millis, nanos: nanoseconds - millis * NANOS_PER_MILLI };
}

function isHrTime(value: unknown): value is HrTime {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'number';
}
