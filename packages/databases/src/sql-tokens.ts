/** What a piece of SQL is: a keyword or name, a quoted name, a constant, a parameter (`$1`), or a single other character. */
export type TokenKind = 'word' | 'quoted' | 'literal' | 'parameter' | 'symbol';

// To PostgreSQL all that is not ASCII is a letter.
const WORD = /[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*/y;
const SPACE = /[ \t\n\r\f\v]+/y;
// Digits of any base, and whatever is glued to them: `1_000`, `.5e-3`, `0xff`, `123abc`.
const NUMBER = /(?:\d[\w\x80-\uffff]*(?:\.[\w\x80-\uffff]*)?|\.\d[\w\x80-\uffff]*)(?:(?<=[eE])[+-]\d+)?/y;
const PARAMETER = /\$\d+/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$/y;
const COMMENT_EDGE = /\/\*|\*\//g;
const LINE_END = /[\n\r]/g;
const STRING_EDGE = /['\\]/g;

/**
 * Reads SQL as PostgreSQL does, token by token, without comments. Every character is looked at a bounded number of times,
 * whatever the text. A constant that is not closed goes to the end of the text, and so does a quoted name.
 *
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
export class SqlTokens {
  kind: TokenKind = 'symbol';
  start = 0;
  end = 0;
  /** Whether white space or a comment came before the token. */
  spaced = false;
  readonly #sql: string;

  constructor(sql: string) {
    this.#sql = sql;
  }

  /** The text of the token. */
  get text(): string {
    return this.#sql.slice(this.start, this.end);
  }

  /** Moves on to the next token; false at the end of the text. */
  next(): boolean {
    const sql = this.#sql;
    this.spaced = false;
    let at = this.end;
    for (;;) {
      const skipped = skipBlank(sql, at);
      if (skipped === at) break;
      this.spaced = true;
      at = skipped;
    }
    if (at >= sql.length) return false;
    this.start = at;
    this.end = this.#read(sql, at);
    return true;
  }

  #read(sql: string, at: number): number {
    const char = sql[at] as string;
    if (char === "'") return this.#become('literal', stringEnd(sql, at + 1));
    if (char === '"') return this.#readQuoted(sql, at);
    if (char === '$') {
      const parameterEnd = match(PARAMETER, sql, at);
      if (parameterEnd !== at) return this.#become('parameter', parameterEnd);
      const bodyStart = match(DOLLAR_QUOTE, sql, at);
      if (bodyStart === at) return this.#become('symbol', at + 1);
      const close = sql.indexOf(sql.slice(at, bodyStart), bodyStart);
      return this.#become('literal', close < 0 ? sql.length : close + bodyStart - at);
    }
    const numberEnd = match(NUMBER, sql, at);
    if (numberEnd !== at) return this.#become('literal', numberEnd);
    const wordEnd = match(WORD, sql, at);
    if (wordEnd === at) return this.#become('symbol', at + 1);
    return this.#readWord(sql, at, wordEnd);
  }

  // `E'…'`, `B'…'`, `X'…'`, `N'…'`, `U&'…'` are constants, `U&"…"` is a name.
  #readWord(sql: string, at: number, wordEnd: number): number {
    const prefix = wordEnd - at === 1 ? (sql[at] as string) : '';
    if (sql[wordEnd] === "'" && /[bxnBXN]/.test(prefix)) return this.#become('literal', stringEnd(sql, wordEnd + 1));
    if (sql[wordEnd] === "'" && /[eE]/.test(prefix)) return this.#become('literal', escapedEnd(sql, wordEnd + 1));
    if (sql[wordEnd] === '&' && /[uU]/.test(prefix)) {
      if (sql[wordEnd + 1] === "'") return this.#become('literal', stringEnd(sql, wordEnd + 2));
      if (sql[wordEnd + 1] === '"') return this.#readQuoted(sql, wordEnd + 1);
    }
    return this.#become('word', wordEnd);
  }

  #readQuoted(sql: string, quote: number): number {
    const end = doubledEnd(sql, quote + 1, '"');
    // One that is never closed may be anything.
    return this.#become(end === undefined ? 'literal' : 'quoted', end ?? sql.length);
  }

  #become(kind: TokenKind, end: number): number {
    this.kind = kind;
    return end;
  }
}

function skipBlank(sql: string, at: number): number {
  const pair = sql.slice(at, at + 2);
  if (pair === '--') {
    LINE_END.lastIndex = at;
    return LINE_END.exec(sql)?.index ?? sql.length;
  }
  return pair === '/*' ? commentEnd(sql, at + 2) : match(SPACE, sql, at);
}

// Comments nest.
function commentEnd(sql: string, from: number): number {
  COMMENT_EDGE.lastIndex = from;
  for (let depth = 1; depth > 0; ) {
    const edge = COMMENT_EDGE.exec(sql);
    if (edge === null) return sql.length;
    depth += edge[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.index + 2;
  }
  return sql.length;
}

function stringEnd(sql: string, from: number): number {
  return doubledEnd(sql, from, "'") ?? sql.length;
}

/** The end of a text in which its quote is written twice; `undefined` if it has none. */
function doubledEnd(sql: string, from: number, quote: string): number | undefined {
  for (let at = from; ; at += 2) {
    at = sql.indexOf(quote, at);
    if (at < 0) return undefined;
    if (sql[at + 1] !== quote) return at + 1;
  }
}

function escapedEnd(sql: string, from: number): number {
  STRING_EDGE.lastIndex = from;
  for (;;) {
    const edge = STRING_EDGE.exec(sql);
    if (edge === null) return sql.length;
    if (edge[0] === "'" && sql[edge.index + 1] !== "'") return edge.index + 1;
    STRING_EDGE.lastIndex = edge.index + 2;
  }
}

function match(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex : at;
}
