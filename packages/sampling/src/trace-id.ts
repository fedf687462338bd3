import { hexText32 } from '@throughline/core/hex-text';

/**
 * The id of a trace, as the text that others are told and as the four words that it takes in memory. Spans of one trace may
 * share one, so that its text is read once; that of a new trace is not made before somebody is told.
 */
export class TraceId {
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly fourth: number;
  /** Where a hold has found the trace last, and the stamp that it had there. */
  slot = -1;
  stamp = 0;
  #text: string | undefined;

  /** @param text 32 hex digits; what else it may be stands for some id, always the same */
  constructor(text: string);
  /** The same by its words. */
  constructor(text: undefined, first: number, second: number, third: number, fourth: number);
  constructor(
    text = '',
    first = hexWord(text, 0),
    second = hexWord(text, 8),
    third = hexWord(text, 16),
    fourth = hexWord(text, 24),
  ) {
    this.#text = text === '' ? undefined : text;
    this.first = first;
    this.second = second;
    this.third = third;
    this.fourth = fourth;
  }

  /** 32 hex digits. */
  get text(): string {
    this.#text ??= traceIdText(this);
    return this.#text;
  }
}

/** An id without its text. */
export type TraceWords = Pick<TraceId, 'first' | 'second' | 'third' | 'fourth'>;

/** The word that eight hex digits stand for. */
export function hexWord(text: string, start: number): number {
  // After one look beyond the end of a text or a table, each look is a call for good: some 70 instructions for each digit.
  const digits = text.length < start + 8 ? text.padEnd(start + 8, '0') : text;
  return (
    (nibble(digits, start) << 28) |
    (nibble(digits, start + 1) << 24) |
    (nibble(digits, start + 2) << 20) |
    (nibble(digits, start + 3) << 16) |
    (nibble(digits, start + 4) << 12) |
    (nibble(digits, start + 5) << 8) |
    (nibble(digits, start + 6) << 4) |
    nibble(digits, start + 7)
  );
}

/** The value of the hex digit at this place. */
export function nibble(text: string, at: number): number {
  return NIBBLES[text.charCodeAt(at) & LAST_CODE] as number;
}

/** The 32 hex digits of an id. */
export function traceIdText({ first, second, third, fourth }: TraceWords): string {
  return hexText32(first, second, third, fourth);
}

/** Whether two ids are the same. */
export function isSameTrace(a: TraceWords, b: TraceWords): boolean {
  return a.fourth === b.fourth && a.third === b.third && a.second === b.second && a.first === b.first;
}

// Callers choose ids: whoever does not know the numbers cannot choose many that get into each other's way.
const SALT = Array.from({ length: 4 }, () => Math.floor(Math.random() * 2 ** 32) | 1);
const [SALT_1 = 1, SALT_2 = 1, SALT_3 = 1, SALT_4 = 1] = SALT;

/** A number of 30 bits to find an id by. */
export function hashOf({ first, second, third, fourth }: TraceWords): number {
  let hash = Math.imul(first ^ SALT_4, SALT_1);
  hash = Math.imul((hash ^ (hash >>> 15)) + second, SALT_2);
  hash = Math.imul((hash ^ (hash >>> 13)) + third, SALT_3);
  hash = Math.imul((hash ^ (hash >>> 16)) + fourth, SALT_4);
  return (hash ^ (hash >>> 15)) & 0x3fff_ffff;
}

const LAST_CODE = 127;

/** The value of a hex digit, by its character code. */
export const NIBBLES = new Uint8Array(LAST_CODE + 1);
for (let value = 0; value < 16; value += 1) {
  const digit = value.toString(16);
  NIBBLES[digit.charCodeAt(0)] = value;
  NIBBLES[digit.toUpperCase().charCodeAt(0)] = value;
}
