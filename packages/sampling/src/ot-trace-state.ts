import { NEVER, RANDOMNESS_AT, randomnessOf, type Threshold } from './threshold.ts';

const MAX_LENGTH = 256;
const MAX_DIGITS = 14;
const COLON = 58;
const [ZERO, NINE, A, F] = [48, 57, 97, 102] as const;
const THRESHOLD = /^[0-9a-f]{1,14}$/;
const RANDOMNESS = /^[0-9a-f]{14}$/;

/**
 * The randomness that all samplers of a trace share: what the `ot` member of its `tracestate` says (`rv`), or else the
 * last 56 bits of the trace id. An `rv` that is not 14 hex digits counts for nothing.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/
 */
export function readRandomness(ot: string | undefined, traceId: string): string {
  const explicit = ot === undefined ? undefined : readSubKey(ot, 'rv');
  return explicit !== undefined && RANDOMNESS.test(explicit) ? explicit : randomnessOf(traceId);
}

/** The threshold (`th`) in an `ot` member; `undefined` if there is none, or none that is valid. */
export function readThreshold(ot: string): Threshold | undefined {
  const threshold = readSubKey(ot, 'th');
  return threshold !== undefined && THRESHOLD.test(threshold) ? threshold : undefined;
}

/**
 * The `ot` member with this threshold in place of any other, or with none for `NEVER`. Other sub-keys stay byte for byte.
 * Where there is no room for a threshold, or nothing to be read in 256 characters, none is written: an unknown share is
 * better than a wrong one. An empty string if nothing is left.
 */
export function writeThreshold(ot: string, threshold: Threshold): string {
  const others = ot.length > MAX_LENGTH ? '' : withoutThreshold(ot);
  if (threshold === NEVER) return others;
  const written = others === '' ? `th:${threshold}` : `th:${threshold};${others}`;
  return written.length > MAX_LENGTH ? others : written;
}

/**
 * The `ot` member of a parent whose sampled flag is given, without a threshold that is malformed or that says otherwise
 * than the flag does: whoever set the flag had another reason, so the share is unknown. Mostly that is the same text.
 */
export function agreeWithFlag(ot: string, traceId: string, sampled: boolean): string {
  const kept = keptByThreshold(ot, traceId);
  if (kept !== undefined) return kept === sampled ? ot : '';
  if (ot.length > MAX_LENGTH || readSubKey(ot, 'th') === undefined) return ot;
  const threshold = readThreshold(ot);
  const agrees = threshold !== undefined && readRandomness(ot, traceId) >= threshold === sampled;
  return agrees ? ot : withoutThreshold(ot);
}

// Mostly a threshold is all there is, as in `th:fd70a`. Its digits are compared where they are, without texts of their own.
function keptByThreshold(ot: string, traceId: string): boolean | undefined {
  const { length } = ot;
  if (length <= 3 || length > 3 + MAX_DIGITS || !ot.startsWith('th:')) return undefined;
  let difference = 0;
  for (let at = 3; at < length; at += 1) {
    const code = ot.charCodeAt(at);
    const isDigit = (code >= ZERO && code <= NINE) || (code >= A && code <= F);
    if (!isDigit) return undefined;
    if (difference === 0) difference = traceId.charCodeAt(RANDOMNESS_AT + at - 3) - code;
  }
  return difference >= 0;
}

// `ot` is a list such as `th:fd70a;rv:0123456789abcd;x:y`. Of a key that is there twice the first counts.
function readSubKey(ot: string, key: 'th' | 'rv'): string | undefined {
  if (ot.length > MAX_LENGTH) return undefined;
  for (let start = 0; start < ot.length; ) {
    const semicolon = ot.indexOf(';', start);
    const end = semicolon < 0 ? ot.length : semicolon;
    if (ot.startsWith(key, start) && ot.charCodeAt(start + 2) === COLON) return ot.slice(start + 3, end);
    start = end + 1;
  }
  return undefined;
}

function withoutThreshold(ot: string): string {
  if (!ot.includes('th:')) return ot;
  return ot
    .split(';')
    .filter((member) => !member.startsWith('th:'))
    .join(';');
}
