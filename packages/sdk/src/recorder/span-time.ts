import { performance } from 'node:perf_hooks';
import type { HrTime, TimeInput } from '@opentelemetry/api';

export const NANOS_PER_MILLI = 1_000_000;

/** A point in time as whole milliseconds since the epoch and the nanoseconds beyond: exact in two doubles. */
export type SpanTime = { readonly millis: number; readonly nanos: number };

/** The time of a count of milliseconds since the epoch, fractions included. */
export function timeOfMillis(value: number): SpanTime {
  const millis = Math.floor(value);
  const nanos = Math.round((value - millis) * NANOS_PER_MILLI);
  return nanos === NANOS_PER_MILLI ? { millis: millis + 1, nanos: 0 } : { millis, nanos };
}

/** The time some milliseconds after another. */
export function timeAfter(startMillis: number, startNanos: number, milliseconds: number): SpanTime {
  const whole = Math.floor(milliseconds);
  const nanos = startNanos + Math.round((milliseconds - whole) * NANOS_PER_MILLI);
  return nanos >= NANOS_PER_MILLI
    ? { millis: startMillis + whole + 1, nanos: nanos - NANOS_PER_MILLI }
    : { millis: startMillis + whole, nanos };
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

function timeOfHrTime([seconds, nanoseconds]: HrTime): SpanTime {
  const millis = Math.floor(nanoseconds / NANOS_PER_MILLI);
  return { millis: seconds * 1000 + millis, nanos: nanoseconds - millis * NANOS_PER_MILLI };
}

function isHrTime(value: unknown): value is HrTime {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'number';
}
