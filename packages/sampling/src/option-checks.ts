import type { OptionChecks } from '@throughline/core/options';

type Check = OptionChecks<{ option?: unknown }>['option'];

/** A share of traces. */
export const aRatio: Check = ['a number from 0 to 1', isRatio];

/** A rate, a time or a factor. */
export const aPositiveNumber: Check = ['a number above 0', (value) => isNumber(value) && value > 0];

/** Whether a value is a number from 0 to 1. */
export function isRatio(value: unknown): value is number {
  return isNumber(value) && value >= 0 && value <= 1;
}

/** Whether a value is a number that one can calculate with. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
