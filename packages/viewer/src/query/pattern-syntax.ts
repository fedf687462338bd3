/** A part of a regular expression. */
export type PatternNode =
  /** One character that passes the test. */
  | { readonly is: 'character'; readonly test: CharacterTest }
  | { readonly is: 'place'; readonly place: 'start' | 'end' | 'word edge' | 'no word edge' }
  | { readonly is: 'sequence' | 'choice'; readonly items: readonly PatternNode[] }
  | { readonly is: 'repeat'; readonly item: PatternNode; readonly least: number; readonly most: number };

/** Says of a code point whether it is meant. */
export type CharacterTest = (code: number) => boolean;

type Flags = { readonly ignoresCase: boolean; readonly dotIsAll: boolean };

const MAX_REPEAT = 1000;
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const PLACES = { A: 'start', z: 'end', b: 'word edge', B: 'no word edge' } as const;

/** What a character of a word is, as in RE2: of ASCII only. */
export const isOfWord: CharacterTest = (code) =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;
const isDigit: CharacterTest = (code) => code >= 48 && code <= 57;
const isSpace: CharacterTest = (code) => code === 32 || (code >= 9 && code <= 13 && code !== 11);
const SETS: Readonly<Record<string, CharacterTest>> = { d: isDigit, s: isSpace, w: isOfWord };

/** What a regular expression should have been. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/**
 * Reads a regular expression in the syntax of RE2, as far as JavaScript has the same: what can be matched in linear time,
 * so neither references to groups nor looking ahead or behind.
 *
 * @throws {PatternError}
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function parsePattern(source: string): PatternNode {
  let at = 0;
  const pattern = choice({ ignoresCase: false, dotIsAll: true });
  if (at < source.length) throw new PatternError('Expected no `)` without `(` in the regular expression.');
  return pattern;

  function choice(outer: Flags): PatternNode {
    const items: PatternNode[] = [];
    let flags = outer;
    let sequence: PatternNode[] = [];
    while (at < source.length && source[at] !== ')') {
      if (take('|')) {
        items.push({ is: 'sequence', items: sequence });
        sequence = [];
        continue;
      }
      const changed = flagsAhead(flags);
      if (changed === undefined) sequence.push(repeated(one(flags)));
      else flags = changed;
    }
    items.push({ is: 'sequence', items: sequence });
    return items.length === 1 ? (items[0] as PatternNode) : { is: 'choice', items };
  }

  /** The flags that hold from here to the end of the group, where `(?i)` sets them. */
  function flagsAhead(flags: Flags): Flags | undefined {
    const found = takeMatch(/\(\?([is]*)(?:-([is]+))?\)/y);
    return found === undefined ? undefined : withFlags(flags, found);
  }

  function one(flags: Flags): PatternNode {
    if (source[at] === '(') return group(flags);
    if (take('[')) return character(classOf(), flags);
    if (take('.')) return character((code) => flags.dotIsAll || code !== 10);
    if (take('^')) return { is: 'place', place: 'start' };
    if (take('$')) return { is: 'place', place: 'end' };
    if (/[*+?]/.test(source[at] as string))
      throw new PatternError(`Expected something to repeat before \`${source[at]}\` in the regular expression.`);
    if (take('\\')) {
      const place = PLACES[source[at] as keyof typeof PLACES];
      if (place === undefined) return character(escaped(), flags);
      at += 1;
      return { is: 'place', place };
    }
    return character(same(nextCode()), flags);
  }

  function group(flags: Flags): PatternNode {
    const found = takeMatch(/\(\?([is]*)(?:-([is]+))?:|\(\?P<\w+>|\((?!\?)/y);
    if (found === undefined)
      throw new PatternError(
        'Expected `(?:`, `(?P<name>`, `(?i)` or `(?s)`, and no looking ahead or behind, where `(?` is.',
      );
    const inner = choice(withFlags(flags, found));
    if (!take(')')) throw new PatternError('Expected `)` in the regular expression.');
    return inner;
  }

  function repeated(item: PatternNode): PatternNode {
    const found = takeMatch(/(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/y);
    if (found === undefined) return item;
    if (/[*+?]/y.test(source[at] ?? '') || /^\{\d+(,\d*)?\}/.test(source.slice(at, at + 12)))
      throw new PatternError(`Expected no \`${source[at]}\` after another sign of repetition.`);
    const [sign = '', from, comma, to] = found;
    if (from === undefined) {
      const least = sign[0] === '+' ? 1 : 0;
      return { is: 'repeat', item, least, most: sign[0] === '?' ? 1 : Number.POSITIVE_INFINITY };
    }
    const least = Number(from);
    const most = comma === undefined ? least : to === '' ? Number.POSITIVE_INFINITY : Number(to);
    if (least > most || least > MAX_REPEAT || (most > MAX_REPEAT && most !== Number.POSITIVE_INFINITY))
      throw new PatternError(`Expected numbers up to ${MAX_REPEAT}, the smaller one first, in \`${sign}\`.`);
    return { is: 'repeat', item, least, most };
  }

  /** A class from after its `[`. */
  function classOf(): CharacterTest {
    const isNegated = take('^');
    const tests: CharacterTest[] = [];
    // A bracket that comes first is one of the characters.
    for (let isFirst = true; isFirst || source[at] !== ']'; isFirst = false) {
      if (at >= source.length) throw new PatternError('Expected `]` in the regular expression.');
      if (source.startsWith('[:', at)) throw new PatternError('Expected a class such as `\\w` rather than `[:…:]`.');
      const isSet = /\\[dswDSWpP]/y;
      isSet.lastIndex = at;
      if (isSet.test(source)) {
        at += 1;
        tests.push(escaped());
        continue;
      }
      const low = oneOfClass();
      const isRange = source[at] === '-' && at + 1 < source.length && source[at + 1] !== ']';
      if (isRange) at += 1;
      const high = isRange ? oneOfClass() : low;
      if (high < low) throw new PatternError('Expected a range from the smaller to the greater character.');
      tests.push((code) => code >= low && code <= high);
    }
    at += 1;
    return (code) => tests.some((test) => test(code)) !== isNegated;
  }

  function oneOfClass(): number {
    return take('\\') ? escapedCode() : nextCode();
  }

  /** What stands after a backslash: a set, or a character. */
  function escaped(): CharacterTest {
    const letter = source[at] ?? '';
    const set = SETS[letter.toLowerCase()];
    if (set !== undefined) {
      at += 1;
      return letter === letter.toLowerCase() ? set : (code) => !set(code);
    }
    const property = takeMatch(/([pP])(?:\{(\^?)([\w]+)\}|([A-Z]))/y);
    if (property === undefined) return same(escapedCode());
    const [, p, not = '', name, short] = property;
    const has = propertyNamed(name ?? short ?? '');
    return (p === 'P') === (not === '^') ? has : (code) => !has(code);
  }

  function escapedCode(): number {
    const hexadecimal = takeMatch(/x(?:([\da-fA-F]{2})|\{([\da-fA-F]{1,6})\})/y);
    if (hexadecimal !== undefined) {
      const code = Number.parseInt(hexadecimal[1] ?? hexadecimal[2] ?? '', 16);
      if (code <= 0x10ffff) return code;
    }
    const letter = source[at] ?? '';
    const control = CONTROLS[letter];
    if (control !== undefined) {
      at += 1;
      return control;
    }
    if (letter === '' || /[\da-zA-Z]/.test(letter))
      throw new PatternError(`Expected an escape that is known, got \`\\${letter}\`, in the regular expression.`);
    return nextCode();
  }

  function nextCode(): number {
    const code = source.codePointAt(at);
    if (code === undefined) throw new PatternError('Expected more of the regular expression.');
    at += code > 0xffff ? 2 : 1;
    return code;
  }

  function take(sign: string): boolean {
    if (source[at] !== sign) return false;
    at += 1;
    return true;
  }

  function takeMatch(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(source) ?? undefined;
    at += found?.[0].length ?? 0;
    return found;
  }
}

function character(test: CharacterTest, { ignoresCase } = { ignoresCase: false }): PatternNode {
  return { is: 'character', test: ignoresCase ? (code) => otherCases(code).some(test) : test };
}

function same(wanted: number): CharacterTest {
  return (code) => code === wanted;
}

function otherCases(code: number): number[] {
  const text = String.fromCodePoint(code);
  const codes = [code];
  for (const other of [text.toLowerCase(), text.toUpperCase()]) {
    const [first = '', ...more] = other;
    if (more.length === 0) codes.push(first.codePointAt(0) as number);
  }
  return codes;
}

function withFlags({ ignoresCase, dotIsAll }: Flags, [, on = '', off = '']: readonly string[]): Flags {
  return {
    ignoresCase: (ignoresCase || on.includes('i')) && !off.includes('i'),
    dotIsAll: (dotIsAll || on.includes('s')) && !off.includes('s'),
  };
}

/** A class of Unicode: a category, or a script. */
function propertyNamed(name: string): CharacterTest {
  try {
    const pattern = new RegExp(`^\\p{${/^[A-Z][a-z]?$/.test(name) ? name : `Script=${name}`}}$`, 'u');
    return (code) => pattern.test(String.fromCodePoint(code));
  } catch {
    throw new PatternError(`Expected a class of Unicode such as \`\\p{L}\`, got \`\\p{${name}}\`.`);
  }
}
