/**
 * What could move the cursor, colour, ring, turn the direction of writing or hide: controls, formats, private and half
 * characters, and separators of lines. Names of spans come from anywhere, and a terminal obeys what it is written.
 */
const DANGEROUS = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const MARK = /\p{M}/u;

/** A text from outside as a terminal may see it, on one line. */
export function safeText(text: string): string {
  return text.replace(DANGEROUS, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON for a terminal: what could do harm there is escaped, as JSON allows. */
export function safeJson(value: unknown): string {
  const json = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}` : item), 2);
  // The line feeds between the lines of JSON are its own; those within texts are escaped already.
  return json.replace(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu, (character) =>
    character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/** How many columns a text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** The text in exactly so many columns: cut with an ellipsis, or filled with spaces. */
export function fitted(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const cut = shortened(text, columns);
  const space = ' '.repeat(Math.max(0, columns - widthOf(cut)));
  return align === 'left' ? cut + space : space + cut;
}

/** The text in at most so many columns. */
function shortened(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let width = 0;
  let cut = '';
  for (const character of text) {
    width += widthOf(character);
    if (width > columns - 1) break;
    cut += character;
  }
  return columns > 0 ? `${cut}…` : '';
}
