import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { matcherOf } from '../src/query/matcher.ts';
import { parseQuery } from '../src/query/parse-query.ts';
import { Pattern } from '../src/query/pattern.ts';
import { openDuckDbStore } from '../src/store/duckdb-store.ts';
import { createMemoryStore } from '../src/store/memory-store.ts';
import { span } from './spans.ts';

/** Expressions that take backtracking matchers as long as there is, with a text that makes them. */
const HOSTILE: readonly (readonly [pattern: string, text: string])[] = [
  ['(a+)+', `${'a'.repeat(5000)}!`],
  ['(a|a)*', `${'a'.repeat(5000)}!`],
  ['(a*)*b', 'a'.repeat(5000)],
  ['([a-zA-Z]+)*1', 'a'.repeat(5000)],
  ['(.*)*(.*)*(.*)*x', 'a'.repeat(5000)],
  ['(\\w+\\s?)+', `${'word '.repeat(1000)}!`],
  ['.*.*.*.*.*.*.*.*=', `${'='.repeat(5000)}x`],
  ['(x?){30}x{30}', 'x'.repeat(29)],
  ['(a|b)*a(a|b){200}', 'ab'.repeat(2500)],
  ['((a{0,30}){0,20})*b', 'a'.repeat(5000)],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(5000)],
];

describe('a regular expression', () => {
  it('matches as that of JavaScript does', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      'é',
      '.',
      '[ab]',
      '[^a]',
      '\\w',
      '\\W',
      '\\d',
      '\\.',
      '^',
      '$',
      '\\b',
      '\\B',
      '💡',
    );
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        atom,
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}${b}`),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '*?', '+?'))
          .map(([item, sign]) => `(${item})${sign}`),
      ),
    }));
    const text = fc.array(fc.constantFrom('a', 'b', '0', '.', '\n', 'é', '💡', ' '), { maxLength: 6 });
    const seed = Math.floor(Math.random() * 2 ** 31);
    fc.assert(
      fc.property(pattern, text, (source, characters) => {
        const whole = characters.join('');
        expect(new Pattern(source).matches(whole)).toBe(new RegExp(`^(?:${source})$`, 'su').test(whole));
      }),
      { seed, numRuns: 3000 },
    );
  });

  it.each([
    ['GET /(users|orders)/\\d+', 'GET /orders/17', true],
    ['(?i)get .*', 'GET /', true],
    ['(?i:É)t(?i)É', 'été', true],
    ['(?i:é)T', 'ÉT', true],
    ['(?i:é)T', 'Ét', false],
    ['(?-s).*', 'a\nb', false],
    ['.*', 'a\nb', true],
    ['[]-]+', ']-', true],
    ['[^\\d\\s]+', 'a1', false],
    ['\\p{Lu}\\pL\\p{^L}\\P{Greek}', 'Äb1x', true],
    ['\\x41\\x{1F4A1}\\t', 'A💡\t', true],
    ['a{,2}', 'a{,2}', true],
    ['\\Aa\\z', 'a', true],
    ['(?P<verb>GET|POST)(?P<rest> .*)', 'POST /', true],
    ['', '', true],
    ['', 'a', false],
    ['a||b', '', true],
  ])('%j against %j is %j', (source, text, expected) => {
    expect(new Pattern(source).matches(text)).toBe(expected);
  });

  it.each([
    ['(', 'Expected `)`'],
    [')', 'Expected no `)`'],
    ['*', 'Expected something to repeat'],
    ['a**', 'after another sign of repetition'],
    ['a{2,1}', 'the smaller one first'],
    ['a{1001}', 'numbers up to 1000'],
    ['[a', 'Expected `]`'],
    ['[b-a]', 'Expected a range'],
    ['[[:alpha:]]', 'rather than'],
    ['(a)\\1', 'an escape that is known'],
    ['(?=a)', 'looking ahead or behind'],
    ['(?<!a)', 'looking ahead or behind'],
    ['\\p{Nothing}', 'Expected a class of Unicode'],
    ['\\', 'an escape that is known'],
    ['(((a{100}){100}){100}){100}', 'Expected a smaller'],
  ])('%j cannot be read: %s', (source, message) => {
    expect(() => new Pattern(source)).toThrow(message);
    expect(() => parseQuery(`name =~ ${JSON.stringify(source)}`)).toThrow(message);
  });

  it('is read at once where it repeats nothing a billion times', () => {
    expect(new Pattern('((((){1000}){1000}){1000}){1000}').matches('')).toBe(true);
  });

  it.each(HOSTILE)('%j takes no longer than its text is long', (source, text) => {
    const matches = matcherOf({
      is: 'compare',
      field: { of: 'attribute', scope: 'span', key: 'path' },
      by: '=~',
      value: source,
    });
    const facts = { duration: 0, rootName: '', rootService: '' };
    // Many spans, as each of them is asked.
    const hostile = Array.from({ length: 20 }, (_, index) =>
      span({ attributes: { path: `${text}${'#'.repeat(index)}` } }),
    );
    hostile.push(span({ attributes: { path: text } }));
    expect(hostile.some((one) => matches(one, facts))).toBe(false);
  });

  it('finds the same spans in memory and in a database', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const database = await openDuckDbStore({ file: join(folder, 'traces.duckdb'), maxBytes: 2 ** 30, maxAge: 1e12 });
    onTestFinished(() => database.close());
    const memory = createMemoryStore();
    const names = ['GET /orders', 'get /Orders', 'POST\n/orders', 'GET /ordérs', 'a{,2}', 'GET orders/17', ']-'];
    const spans = names.map((name) => span({ name }));
    for (const store of [memory, database]) await store.append({ spans, logs: [], bytes: 1000 });
    for (const source of [
      'GET.*',
      '(?i)get .*',
      'POST.?/orders',
      '(?-s).*orders',
      '\\w+ \\W\\w+',
      'a{,2}',
      '[^G].*',
      '.*\\b17',
      '[]-]+',
      '.*/\\pL+',
      '(?P<verb>GET|get) (?P<path>/[a-zé]+)',
    ]) {
      const selection = { filter: parseQuery(`name =~ ${JSON.stringify(source)}`) };
      const [inMemory = [], inDatabase = []] = await Promise.all(
        [memory, database].map(async (store) => (await store.spans(selection, 100)).map(({ name }) => name).sort()),
      );
      expect(inMemory, source).toEqual(inDatabase);
      expect(inMemory.length, source).toBeGreaterThan(0);
    }
  });
});
