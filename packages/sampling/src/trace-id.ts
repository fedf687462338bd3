/**
 * The id of a trace, as the text that others are told and as the four words that it takes in memory. Spans of one trace may
 * share one, so that its text is read once.
 */
export class TraceId {
  readonly text: string;
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly fourth: number;
  /** Where a hold has looked for the trace last. */
  slot = -1;

  /** @param text 32 hex digits; what else it may be stands for some id, always the same */
  constructor(text: string) {
    this.text = text;
    this.first = hexWord(text, 0);
    this.second = hexWord(text, 8);
    this.third = hexWord(text, 16);
    this.fourth = hexWord(text, 24);
  }
}

/** An id without its text. */
export type TraceWords = Pick<TraceId, 'first' | 'second' | 'third' | 'fourth'>;

/** The word that eight hex digits stand for. */
export function hexWord(text: string, start: number): number {
  let word = 0;
  for (let at = start; at < start + 8; at += 1) word = (word << 4) | (NIBBLES[text.charCodeAt(at)] as number);
  return word;
}

/** The 32 hex digits of an id. */
export function traceIdText({ first, second, third, fourth }: TraceWords): string {
  return [first, second, third, fourth].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
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

/** The value of a hex digit, by its character code. */
export const NIBBLES = new Uint8Array(128);
for (let value = 0; value < 16; value += 1) {
  const digit = value.toString(16);
  NIBBLES[digit.charCodeAt(0)] = value;
  NIBBLES[digit.toUpperCase().charCodeAt(0)] = value;
}
