import { NIBBLES, nibble, TraceId, type TraceWords } from './trace-id.ts';

/**
 * A rejection threshold: at most 14 hex digits of a fraction of 2^56, trailing zeros left out. A trace is kept if its
 * randomness, 14 hex digits too, is not below it; digits sort as the numbers do, so the texts are compared.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 */
export type Threshold = string;

/** Above every randomness: the threshold of a ratio of 0. It is never written down. */
export const NEVER: Threshold = 'never';

// 52 bits, which a number holds exactly. The format has one digit more, which only ratios below 2^-52 would need.
const MAX_DIGITS = 13;
/** Where in a trace id its randomness begins. */
export const RANDOMNESS_AT = 18;
const ID_LENGTH = 32;

/**
 * The threshold for a ratio from 0 to 1, to so many digits of precision after those that all ratios of its size share. A
 * ratio above 0 is at least 2^-52.
 */
export function thresholdOf(ratio: number, precision = 4): Threshold {
  if (ratio <= 0) return NEVER;
  const digits = Math.min(MAX_DIGITS, precision + Math.max(leadingDigits(ratio), leadingDigits(1 - ratio)));
  const all = 16 ** digits;
  const kept = Math.max(1, Math.ceil(ratio * all - 0.5));
  return (all - kept).toString(16).padStart(digits, '0').replace(/0+$/, '') || '0';
}

/** The ratio that a threshold stands for. */
export function ratioOf(threshold: Threshold): number {
  return threshold === NEVER ? 0 : 1 - Number.parseInt(threshold, 16) / 16 ** threshold.length;
}

/** Whether the randomness of a trace id is not below a threshold: the same as comparing the texts, and mostly one digit decides. */
export function passes({ third, fourth }: Pick<TraceWords, 'third' | 'fourth'>, threshold: Threshold): boolean {
  return isNotBelow(threshold, undefined, third, fourth);
}

/** The same of an id as text: what has to be read of it is mostly one digit. */
export function textPasses(traceId: string, threshold: Threshold): boolean {
  // One look beyond the end of a text makes all later ones slow.
  return traceId.length < ID_LENGTH ? passes(new TraceId(traceId), threshold) : isNotBelow(threshold, traceId, 0, 0);
}

/** The randomness of a trace id: its last 56 bits. */
export function randomnessOf(traceId: string): string {
  return traceId.slice(RANDOMNESS_AT);
}

// How many hex digits of the fraction are the same (`0`, or `f` in its complement) because the fraction is small.
function leadingDigits(fraction: number): number {
  return fraction <= 0 ? 0 : Math.floor((-Math.floor(Math.log2(fraction)) - 1) / 4);
}

// The digits are those of the text, or else of the words, where the randomness begins with the third digit of the third.
function isNotBelow(threshold: Threshold, text: string | undefined, third: number, fourth: number): boolean {
  if (threshold === NEVER) return false;
  for (let at = 0; at < threshold.length; at += 1) {
    const word = at < 6 ? third >>> (20 - 4 * at) : fourth >>> (52 - 4 * at);
    const digit = text === undefined ? word & 15 : nibble(text, RANDOMNESS_AT + at);
    const wanted = NIBBLES[threshold.charCodeAt(at)] as number;
    if (digit !== wanted) return digit > wanted;
  }
  return true;
}
