/**
 * Makes text from anywhere safe to print on a terminal: one line, no escape sequences, nothing invisible and nothing that
 * reorders its surroundings. What is replaced stays visible (an escape character as `␛`). At most 1,000 characters are kept.
 */
export function printable(text: unknown): string {
  const string = typeof text === 'string' ? text : String(text ?? '');
  const bounded = string.length > MAX_TEXT ? `${string.slice(0, MAX_TEXT)}…` : string;
  return bounded.replace(UNSAFE, visible);
}

/** How many columns printable text takes on a terminal: two for East Asian wide characters and emoji. */
export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += characterColumns(character);
  return columns;
}

/** The text in exactly this many columns: filled up with blanks, or cut with `…` at its end. */
export function fit(text: string, columns: number): string {
  const cutText = cut(text, columns);
  return cutText + ' '.repeat(Math.max(0, columns - columnsOf(cutText)));
}

/** The text in at most this many columns, with `…` at its end if it was longer. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let used = 1;
  for (const character of text) {
    used += characterColumns(character);
    if (used > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

const MAX_TEXT = 1000;
const ASCII = /^[ -~]*$/;
// Control characters, line separators, and format characters (bidirectional overrides, zero-width ones, tags), and
// surrogates without their other half.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;
const ZERO_WIDTH = /[\p{Mn}\p{Me}]/u;

function visible(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code >= 0x09 && code <= 0x0d) return ' ';
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : '�';
}

function characterColumns(character: string): number {
  const code = character.codePointAt(0) as number;
  if (code < 0x300) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

// The blocks of Unicode's EastAsianWidth W and F that text is made of.
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23ec],
  [0x26a1, 0x26a1],
  [0x2705, 0x2705],
  [0x274c, 0x274c],
  [0x2b50, 0x2b50],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f004, 0x1f004],
  [0x1f18e, 0x1f251],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];
