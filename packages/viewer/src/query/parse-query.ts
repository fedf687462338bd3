import type { Comparison, Field, SpanFilter, TraceFilter } from './filter.ts';
import { Pattern } from './pattern.ts';
import { PatternError } from './pattern-syntax.ts';
import { QueryError, type Token, tokensOf, unquoted } from './tokens.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=', '=~', '!~']);
const INTRINSICS: ReadonlyMap<string, Field['of'] & Exclude<Field['of'], 'attribute'>> = new Map([
  ['name', 'name'],
  ['span:name', 'name'],
  ['service', 'service'],
  ['status', 'status'],
  ['span:status', 'status'],
  ['statusMessage', 'statusMessage'],
  ['span:statusMessage', 'statusMessage'],
  ['kind', 'kind'],
  ['span:kind', 'kind'],
  ['duration', 'duration'],
  ['span:duration', 'duration'],
  ['traceDuration', 'traceDuration'],
  ['trace:duration', 'traceDuration'],
  ['rootName', 'rootName'],
  ['trace:rootName', 'rootName'],
  ['rootServiceName', 'rootService'],
  ['trace:rootService', 'rootService'],
]);
const MAX_DEPTH = 32;
const MAX_PATTERN = 500;

/**
 * Reads a query in TraceQL, as far as it asks for spans: `{ … }` with comparisons, `&&`, `||`, `!` and parentheses, and
 * such sets of spans joined by `&&` and `||`. For people it reads more: braces may be left out, `AND`, `OR` and `NOT` be
 * words, and a word or text by itself means any span that has it somewhere. An empty query means everything.
 *
 * @throws {QueryError} with what was expected where.
 * @see https://grafana.com/docs/tempo/latest/traceql/
 */
export function parseQuery(query: string): TraceFilter {
  const tokens = tokensOf(query);
  let at = 0;
  let depth = 0;
  if (peek().type === 'end') return { is: 'span', filter: { is: 'all' } };
  const filter: TraceFilter = tokens.some(({ type, text }) => type === 'sign' && text === '{')
    ? sets()
    : { is: 'span', filter: either() };
  if (peek().type !== 'end') throw expected('the end of the query, `&&` or `||`');
  return filter;

  function sets(): TraceFilter {
    const items = [joinedSets()];
    while (takeWord('||', 'or')) items.push(joinedSets());
    return items.length === 1 ? (items[0] as TraceFilter) : { is: 'or', items };
  }

  function joinedSets(): TraceFilter {
    const items = [set()];
    while (takeWord('&&', 'and')) items.push(set());
    return items.length === 1 ? (items[0] as TraceFilter) : { is: 'and', items };
  }

  function set(): TraceFilter {
    if (takeSign('(')) return nested(sets, ')');
    if (!takeSign('{')) throw expected('`{`');
    if (takeSign('}')) return { is: 'span', filter: { is: 'all' } };
    return { is: 'span', filter: nested(either, '}') };
  }

  function either(): SpanFilter {
    const items = [all()];
    while (takeWord('||', 'or')) items.push(all());
    return items.length === 1 ? (items[0] as SpanFilter) : { is: 'or', items };
  }

  function all(): SpanFilter {
    const items = [one()];
    // Words side by side must all be there.
    while (takeWord('&&', 'and') || startsOne()) items.push(one());
    return items.length === 1 ? (items[0] as SpanFilter) : { is: 'and', items };
  }

  function startsOne(): boolean {
    const { type, text } = peek();
    if (type === 'word') return text.toLowerCase() !== 'or' && text.toLowerCase() !== 'and';
    return type === 'string' || type === 'number' || (type === 'sign' && (text === '(' || text === '!'));
  }

  function one(): SpanFilter {
    if (takeWord('!', 'not')) return { is: 'not', item: nested(one) };
    if (takeSign('(')) return nested(either, ')');
    const token = take();
    if (token.type === 'sign' || token.type === 'end') throw expected('a comparison or a word', token);
    const comparison = peek();
    if (comparison.type !== 'sign' || !COMPARISONS.has(comparison.text)) {
      if (token.type === 'word' && (token.text === 'true' || token.text === 'false'))
        return token.text === 'true' ? { is: 'all' } : { is: 'not', item: { is: 'all' } };
      return { is: 'text', text: token.text };
    }
    if (token.type !== 'word') throw expected('the name of a field', token);
    take();
    return compared(fieldOf(token), comparison, take());
  }

  function nested<T>(read: () => T, end?: string): T {
    depth += 1;
    if (depth > MAX_DEPTH) throw new QueryError(`Expected at most ${MAX_DEPTH} levels.`, peek().at);
    const inner = read();
    if (end !== undefined && !takeSign(end)) throw expected(`\`${end}\``);
    depth -= 1;
    return inner;
  }

  function peek(): Token {
    return tokens[at] as Token;
  }

  function take(): Token {
    const token = peek();
    if (token.type !== 'end') at += 1;
    return token;
  }

  function takeSign(sign: string): boolean {
    const { type, text } = peek();
    if (type !== 'sign' || text !== sign) return false;
    at += 1;
    return true;
  }

  function takeWord(sign: string, word: string): boolean {
    const { type, text } = peek();
    // In lower case `not` may be what is looked for.
    if (type === 'word' && (text === word.toUpperCase() || (text === word && word !== 'not'))) {
      at += 1;
      return true;
    }
    return takeSign(sign);
  }

  function expected(what: string, token = peek()): QueryError {
    return new QueryError(`Expected ${what} at character ${token.at + 1}.`, token.at);
  }
}

function fieldOf({ text, at }: Token): Field {
  const intrinsic = INTRINSICS.get(text);
  if (intrinsic !== undefined) return { of: intrinsic };
  const [, prefix = '', rest = ''] = /^(span\.|resource\.|\.)?(.*)$/s.exec(text) ?? [];
  const key = rest.startsWith('"') ? unquoted(rest) : rest;
  if (key === '') throw new QueryError(`Expected the name of an attribute at character ${at + 1}.`, at);
  if (key === 'service.name' && prefix !== 'span.') return { of: 'service' };
  const scope = prefix === 'span.' ? 'span' : prefix === 'resource.' ? 'resource' : 'any';
  return { of: 'attribute', scope, key };
}

function compared(field: Field, { text, at }: Token, value: Token): SpanFilter {
  const by = text as Comparison;
  if (value.type === 'sign' || value.type === 'end')
    throw new QueryError(`Expected a value at character ${value.at + 1}.`, value.at);
  if (value.type === 'word' && value.text === 'nil') {
    if (by === '!=') return { is: 'present', field };
    if (by === '=') return { is: 'not', item: { is: 'present', field } };
    throw new QueryError('Expected `=` or `!=` before `nil`.', at);
  }
  if (by === '=~' || by === '!~') return { is: 'compare', field, by, value: checkedPattern(value) };
  if (field.of === 'duration' || field.of === 'traceDuration') {
    if (value.type !== 'number')
      throw new QueryError('Expected a time such as `100ms`, `1.5s` or a number of nanoseconds.', value.at);
    return { is: 'compare', field, by, value: value.number };
  }
  return { is: 'compare', field, by, value: literal(value) };
}

function literal({ type, text, number }: Token): string | number | boolean {
  if (type === 'number') return number;
  if (type === 'word' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function checkedPattern({ text, at }: Token): string {
  if (text.length > MAX_PATTERN) throw new QueryError(`Expected a pattern of at most ${MAX_PATTERN} characters.`, at);
  try {
    new Pattern(text);
  } catch (error) {
    if (error instanceof PatternError) throw new QueryError(error.message, at);
    throw error;
  }
  return text;
}
