const MAX_LENGTH = 255;

// Only what is listed can become an operation: a text that is no SQL has no summary, rather than its first word.
const STATEMENTS = new Set(
  `SELECT INSERT UPDATE DELETE MERGE VALUES TABLE CALL EXECUTE TRUNCATE LOCK COPY ANALYZE VACUUM LISTEN NOTIFY UNLISTEN
  REFRESH CREATE ALTER DROP BEGIN START COMMIT END ABORT ROLLBACK SAVEPOINT RELEASE SET RESET SHOW EXPLAIN PREPARE
  DEALLOCATE DECLARE FETCH MOVE CLOSE GRANT REVOKE DO COMMENT REINDEX CLUSTER CHECKPOINT DISCARD`.split(/\s+/),
);
const DATA_CHANGES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);
/** Those that are followed by what they are about. */
const NAME_TARGET = new Set('UPDATE TABLE CALL TRUNCATE LOCK COPY ANALYZE VACUUM LISTEN NOTIFY'.split(' '));
const NAME_SEVERAL = new Set('TRUNCATE LOCK ANALYZE VACUUM'.split(' '));
/** Those whose FROM, JOIN and INTO name tables. */
const QUERIES = new Set('SELECT INSERT UPDATE DELETE MERGE'.split(' '));
const DEFINITIONS = new Set('CREATE ALTER DROP REFRESH'.split(' '));
const OBJECTS = new Set(
  `TABLE VIEW MATERIALIZED INDEX SEQUENCE SCHEMA DATABASE FUNCTION PROCEDURE TRIGGER TYPE DOMAIN ROLE USER EXTENSION
  POLICY AGGREGATE PUBLICATION SUBSCRIPTION`.split(/\s+/),
);
/** Words between an operation and its target. */
const FILLERS = new Set(
  `ONLY LATERAL IF NOT EXISTS CONCURRENTLY OR REPLACE TEMP TEMPORARY UNLOGGED UNIQUE RECURSIVE FOREIGN CONSTRAINT FULL
  VERBOSE FREEZE`.split(/\s+/),
);
/** Words after which a comma separates no tables. */
const CLAUSES = new Set(
  'WHERE GROUP HAVING WINDOW UNION INTERSECT EXCEPT ORDER LIMIT OFFSET FETCH FOR SET VALUES RETURNING'.split(' '),
);

/** What is known of the text between two parentheses. */
type Level = { operation: string; listsTables: boolean; leadsIn: boolean };

/**
 * Makes the summary of a statement: its operations and their targets, as they are written and in their order. It is fed
 * with the tokens and never holds more than the summary and the open parentheses.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/db/database-spans/#generating-a-summary-of-the-query
 */
export class SqlSummary {
  readonly #parts: string[] = [];
  #length = -1;
  readonly #levels: Level[] = [newLevel()];
  #begins = true;
  #expectsTarget: 'no' | 'name' | 'table' = 'no';
  #definesObject = false;
  #target = '';
  #inPath = false;
  #previous = '';

  /** The summary of what was read; `undefined` if that is no statement. */
  get text(): string | undefined {
    this.#closeTarget();
    return this.#parts.length === 0 ? undefined : this.#parts.join(' ');
  }

  /** Reads a name in quotes. */
  quoted(text: string): void {
    if (!this.#continuesPath(text) && this.#expectsTarget !== 'no') this.#openTarget(text);
    this.#begins = false;
    this.#definesObject = false;
    this.#previous = '';
  }

  /** Reads a constant or a parameter. */
  value(): void {
    this.#closeTarget();
    this.#expectsTarget = 'no';
    this.#begins = false;
    this.#previous = '';
  }

  /** Reads a keyword or name. */
  word(text: string): void {
    if (this.#continuesPath(text)) return;
    this.#closeTarget();
    const keyword = text.length > 12 ? text : text.toUpperCase();
    this.#readWord(text, keyword);
    this.#previous = keyword;
  }

  /** Reads any other character. */
  symbol(char: string): void {
    if (char === '.' && this.#target !== '') {
      this.#target += char;
      this.#inPath = true;
      return;
    }
    this.#closeTarget();
    const level = this.#level;
    if (char === '(') this.#open();
    else if (char === ')') this.#close();
    else if (char === ',') this.#expectsTarget = level.listsTables ? 'table' : 'no';
    else if (char === ';') this.#restart();
    else if (char !== '*') this.#expectsTarget = 'no';
    if (char !== ';' && char !== ')') this.#begins = char === '(' && this.#begins;
    if (char !== '(') this.#previous = char;
  }

  get #level(): Level {
    return this.#levels.at(-1) as Level;
  }

  #readWord(text: string, keyword: string): void {
    // Reserved, so it is never a name.
    if (keyword === 'SELECT') this.#operate(text, keyword);
    else if (this.#begins) this.#beginStatement(text, keyword);
    else if (this.#definesObject && OBJECTS.has(keyword)) {
      this.#add(text);
      this.#expectsTarget = 'name';
    } else if (FILLERS.has(keyword)) return;
    else if (this.#expectsTarget !== 'no' && keyword !== 'TABLE') this.#openTarget(text);
    else this.#readClause(keyword, this.#level);
  }

  #beginStatement(text: string, keyword: string): void {
    const { operation, leadsIn } = this.#level;
    const isExplained = operation === 'EXPLAIN';
    const isFirst = isExplained || (operation === '' && !leadsIn);
    if (isExplained && (keyword === 'ANALYZE' || keyword === 'VERBOSE')) return;
    if ((isFirst ? STATEMENTS : DATA_CHANGES).has(keyword)) this.#operate(text, keyword);
    else {
      if (keyword === 'WITH') this.#level.leadsIn = true;
      this.#begins = false;
    }
  }

  #readClause(keyword: string, level: Level): void {
    if (CLAUSES.has(keyword)) level.listsTables = false;
    if (!QUERIES.has(level.operation)) return;
    // `IS DISTINCT FROM` is a comparison.
    if (keyword === 'JOIN' || keyword === 'INTO' || (keyword === 'FROM' && this.#previous !== 'DISTINCT')) {
      this.#expectsTarget = 'table';
      level.listsTables = keyword !== 'INTO';
    } else if (keyword === 'USING' && level.operation !== 'SELECT') {
      this.#expectsTarget = 'name';
    }
  }

  #operate(text: string, keyword: string): void {
    const level = this.#level;
    level.operation = keyword;
    level.listsTables = NAME_SEVERAL.has(keyword);
    level.leadsIn = keyword === 'EXPLAIN';
    this.#begins = keyword === 'EXPLAIN';
    this.#definesObject = DEFINITIONS.has(keyword);
    this.#expectsTarget = NAME_TARGET.has(keyword) ? 'name' : 'no';
    this.#add(text);
  }

  #open(): void {
    // Of the statements in parentheses only those of a CTE change data; the words of a column list are names.
    this.#begins = this.#level.leadsIn && (this.#previous === 'AS' || this.#previous === 'MATERIALIZED');
    const operation = this.#expectsTarget === 'table' ? 'SELECT' : '';
    this.#levels.push({ operation, listsTables: operation !== '', leadsIn: this.#begins });
    if (this.#expectsTarget === 'name') this.#expectsTarget = 'no';
  }

  #close(): void {
    if (this.#levels.length > 1) this.#levels.pop();
    this.#expectsTarget = 'no';
    this.#begins = this.#level.leadsIn;
  }

  #restart(): void {
    this.#levels.length = 0;
    this.#levels.push(newLevel());
    this.#expectsTarget = 'no';
    this.#definesObject = false;
    this.#begins = true;
  }

  #openTarget(text: string): void {
    this.#definesObject = false;
    this.#target = text;
    this.#expectsTarget = 'no';
  }

  #continuesPath(text: string): boolean {
    if (!this.#inPath) return false;
    this.#target += text;
    this.#inPath = false;
    return true;
  }

  #closeTarget(): void {
    if (this.#target !== '') this.#add(this.#target);
    this.#target = '';
    this.#inPath = false;
  }

  #add(part: string): void {
    if (this.#length + 1 + part.length > MAX_LENGTH) this.#length = MAX_LENGTH;
    if (this.#length === MAX_LENGTH) return;
    this.#length += 1 + part.length;
    this.#parts.push(part);
  }
}

function newLevel(): Level {
  return { operation: '', listsTables: false, leadsIn: false };
}
