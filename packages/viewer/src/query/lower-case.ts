const OTHERS = /[\u0130\u03a3]/;

/**
 * A text in lower case, letter by letter, as the database makes it: JavaScript's own puts a dot above the i of an \u0130, and
 * makes another letter of a \u03a3 at the end of a word.
 */
export function inLowerCase(text: string): string {
  const single = OTHERS.test(text) ? text.replaceAll('\u0130', 'i').replaceAll('\u03a3', '\u03c3') : text;
  return single.toLowerCase();
}
