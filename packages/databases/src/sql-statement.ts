import { SqlSummary } from './sql-summary.ts';
import { SqlTokens } from './sql-tokens.ts';

/** What may be told of a statement. */
export type Statement = {
  /** The statement without its constants and comments, at most 4,096 characters and an ellipsis. */
  readonly text: string;
  /** Its operations and targets, at most 255 characters; `undefined` if it is no statement. */
  readonly summary: string | undefined;
};

const MAX_TEXT = 4096;
// What is read of a statement. A constant that goes beyond is not closed, and goes to the end.
const MAX_READ = 65_536;
const MAX_CACHED = 500;

const cache = new Map<string, Statement>();

/**
 * Describes a PostgreSQL statement: constants become `?`, lists of them after IN a single one. Reads no more than the
 * first 65,536 characters. What was described before is remembered, within limits.
 */
export function describeStatement(sql: string): Statement {
  const known = cache.get(sql);
  if (known !== undefined) return known;
  const statement = read(sql);
  if (sql.length <= MAX_TEXT) {
    if (cache.size === MAX_CACHED) cache.delete(cache.keys().next().value as string);
    cache.set(sql, statement);
  }
  return statement;
}

/** At most so many characters as may be in `db.query.text`. */
export function boundText(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function read(sql: string): Statement {
  const tokens = new SqlTokens(sql.slice(0, MAX_READ));
  const summary = new SqlSummary();
  const text = new SanitizedText();
  while (tokens.next()) {
    if (text.isFull) return { text: text.end(true), summary: summary.text };
    const { kind } = tokens;
    if (kind === 'literal') {
      summary.value();
      text.value(tokens.spaced);
      continue;
    }
    const piece = tokens.text;
    if (kind === 'word') summary.word(piece);
    else if (kind === 'quoted') summary.quoted(piece);
    else if (kind === 'parameter') summary.value();
    else summary.symbol(piece);
    if (kind === 'word' && /^(?:true|false)$/i.test(piece) && text.endsInValuePlace) text.value(tokens.spaced);
    else text.add(piece, tokens.spaced);
  }
  return { text: text.end(sql.length > MAX_READ), summary: summary.text };
}

class SanitizedText {
  #text = '';
  #last = '';
  #inList = false;
  #heldComma = '';

  get isFull(): boolean {
    return this.#text.length >= MAX_TEXT;
  }

  /** Whether a constant may come next: `IS TRUE` and `NOT TRUE` are no constants but tests. */
  get endsInValuePlace(): boolean {
    return !/^(?:is|not|as)$/i.test(this.#last) && this.#last !== '.';
  }

  value(spaced: boolean): void {
    // The rest of a list, which may have thousands.
    if (this.#heldComma !== '') this.#heldComma = '';
    else this.#append('?', spaced);
    this.#last = '?';
  }

  add(piece: string, spaced: boolean): void {
    if (piece === ',' && this.#inList && this.#last === '?') {
      this.#heldComma = spaced ? ' ,' : ',';
      return;
    }
    if (this.#heldComma !== '') this.#append(this.#heldComma, false);
    this.#heldComma = '';
    this.#inList = piece === '(' && /^in$/i.test(this.#last) ? true : this.#inList && piece !== ')';
    this.#append(piece, spaced);
    this.#last = piece;
  }

  end(isCut: boolean): string {
    return isCut || this.#text.length > MAX_TEXT ? `${this.#text.slice(0, MAX_TEXT)}…` : this.#text;
  }

  #append(piece: string, spaced: boolean): void {
    this.#text += spaced && this.#text !== '' ? ` ${piece}` : piece;
  }
}
