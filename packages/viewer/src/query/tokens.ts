/** A query that cannot be read: what was expected, and where. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  /** From 0. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

export type Token = {
  readonly type: 'sign' | 'string' | 'number' | 'word' | 'end';
  readonly text: string;
  /** Of a number, in nanoseconds where it has a unit of time. */
  readonly number: number;
  readonly at: number;
};

const MAX_LENGTH = 4096;
const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const SIGN = /[{}()]|&&|\|\||=~|!~|!=|<=|>=|[=<>!]/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h)?(?![\w.])/y;
// Attributes such as `span.http.route`, `.db-name`, `trace:duration`, and quoted parts: `span."my key"`.
const WORD = /[^\s{}()=<>!&|~"'`]+(?:"(?:[^"\\]|\\.)*")?/y;
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/y;

/** Cuts a query into its parts. */
export function tokensOf(query: string): Token[] {
  if (query.length > MAX_LENGTH)
    throw new QueryError(`Expected a query of at most ${MAX_LENGTH} characters.`, MAX_LENGTH);
  const tokens: Token[] = [];
  for (let at = skipSpace(query, 0); at < query.length; ) {
    const token = tokenAt(query, at);
    tokens.push(token);
    at = skipSpace(query, at + lengthAt(token, query));
  }
  tokens.push({ type: 'end', text: '', number: 0, at: query.length });
  return tokens;
}

function skipSpace(query: string, at: number): number {
  let next = at;
  while (next < query.length && /\s/.test(query[next] as string)) next += 1;
  return next;
}

function tokenAt(query: string, at: number): Token {
  const sign = take(SIGN, query, at);
  if (sign !== undefined) return { type: 'sign', text: sign, number: 0, at };
  const string = take(STRING, query, at);
  if (string !== undefined) return { type: 'string', text: unquoted(string), number: string.length, at };
  const number = take(NUMBER, query, at);
  if (number !== undefined) {
    const value = Number.parseFloat(number);
    const unit = /[a-zµ]+$/.exec(number)?.[0];
    return { type: 'number', text: number, number: unit === undefined ? value : value * (UNITS[unit] ?? 1), at };
  }
  const word = take(WORD, query, at);
  if (word !== undefined) return { type: 'word', text: word, number: 0, at };
  throw new QueryError(
    /["'`]/.test(query[at] ?? '') ? 'Expected the closing quote of this text.' : 'Expected a name, a value or a sign.',
    at,
  );
}

function take(pattern: RegExp, query: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(query)?.[0];
}

// A string's own text is shorter than what was read.
function lengthAt(token: Token, _query: string): number {
  return token.type === 'string' ? token.number : token.text.length;
}

/** The text within quotes; within backquotes nothing is escaped. */
export function unquoted(quoted: string): string {
  const inner = quoted.slice(1, -1);
  return quoted.startsWith('`')
    ? inner
    : inner.replace(/\\(.)/gs, (whole, character: string) =>
        character === 'n' ? '\n' : character === 't' ? '\t' : /["'`\\]/.test(character) ? character : whole,
      );
}
