const DIGIT_0 = 48;
const DIGIT_9 = 57;
const LETTER_A = 97;
const LETTER_F = 102;

/** Whether `length` characters from `start` are lower-case hex digits. */
export function isHex(text: string, start: number, length: number): boolean {
  if (start + length > text.length) return false;
  for (let index = start; index < start + length; index++) {
    const code = text.charCodeAt(index);
    if (!((code >= DIGIT_0 && code <= DIGIT_9) || (code >= LETTER_A && code <= LETTER_F))) return false;
  }
  return true;
}

/** Whether `length` characters from `start` are an id: lower-case hex digits, not all of them zero. */
export function isId(text: string, start: number, length: number): boolean {
  return isHex(text, start, length) && !isZero(text, start, length);
}

/** Lower-case hex digits of cryptographic randomness, never all of them zero. */
export function randomId(bytes: 8 | 16): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  random[0] = (random[0] as number) | 1; // an id of zeros is none; the last 7 bytes of a trace id stay uniform
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function isZero(text: string, start: number, length: number): boolean {
  for (let index = start; index < start + length; index++) if (text.charCodeAt(index) !== DIGIT_0) return false;
  return true;
}
