import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeStatement } from '../src/sql-statement.ts';

const textOf = (sql: string): string => describeStatement(sql).text;
const summaryOf = (sql: string): string | undefined => describeStatement(sql).summary;

describe('the text of a statement has no constants', () => {
  it.each([
    ["select * from users where email = 'a@b.c'", 'select * from users where email = ?'],
    [
      "SELECT 'it''s', E'it\\'s \\\\', e'\\'' , b'01', X'ff', n'x', U&'\\0061' UESCAPE '!'",
      'SELECT ?, ?, ? , ?, ?, ?, ? UESCAPE ?',
    ],
    ["SELECT '\\', 'secret'", 'SELECT ?, ?'],
    ['SELECT $$it"s$$, $a$ $$ $b$ $a$, $1, $2', 'SELECT ?, ?, $1, $2'],
    ['SELECT 1, -2.5, .5e-3, 1e+10, 0xFF, 1_000, 12abc', 'SELECT ?, -?, ?, ?, ?, ?, ?'],
    ['SELECT a.b1, "Tab 1"."c2", t$1, x2 FROM s3.t4', 'SELECT a.b1, "Tab 1"."c2", t$1, x2 FROM s3.t4'],
    [`SELECT "it's", 'x'`, `SELECT "it's", ?`],
    ['SELECT "a""1" /* secret /* nested */ 1 */ , b -- secret\n, c', 'SELECT "a""1" , b , c'],
    [
      'SELECT true, FALSE WHERE a IS TRUE AND b IS NOT FALSE AND c = TRUE',
      'SELECT ?, ? WHERE a IS TRUE AND b IS NOT FALSE AND c = ?',
    ],
    ["WHERE a IN ('x', 'y',3 , 4) AND b IN ($1, $2) AND f(1, 2)", 'WHERE a IN (?) AND b IN ($1, $2) AND f(?, ?)'],
    ["a[1:2]::varchar(10)->>'key' ? 'b'", 'a[?:?]::varchar(?)->>? ? ?'],
    ["DATE '2020-01-01' + INTERVAL '1 day'", 'DATE ? + INTERVAL ?'],
    ['SELECT\n\t 1  ;\r\n', 'SELECT ? ;'],
    ["SELECT 'never closed", 'SELECT ?'],
    ['SELECT "never closed', 'SELECT ?'],
    [`SELECT a "b', 'c" 'd'`, `SELECT a "b', 'c" ?`],
    ['SELECT $tag$never closed $tag', 'SELECT ?'],
    ['SELECT /* never closed', 'SELECT'],
    ['SELECT élan, größe1 FROM naïve', 'SELECT élan, größe1 FROM naïve'],
    ['', ''],
  ])('%s', (sql, text) => {
    expect(textOf(sql)).toBe(text);
  });

  it('is cut at 4,096 characters', () => {
    const text = textOf(`SELECT ${'column_name, '.repeat(1000)} FROM t`);
    expect(text).toHaveLength(4097);
    expect(text.endsWith('…')).toBe(true);
  });

  // Texts that are put together from everything PostgreSQL's lexer knows, with constants that can be recognized.
  const secret = fc.constantFrom(
    's3cr3t',
    "s3cr3t''s3cr3t",
    's3cr3t/*',
    's3cr3t--',
    's3cr3t"',
    's3cr3t$$ ;',
    's3cr3t$1',
  );
  const constant = fc.oneof(
    secret.map((value) => `'${value}'`),
    secret.map((value) => `E'\\'${value}\\\\'`),
    secret.filter((value) => !value.includes('$$')).map((value) => `$$${value}$$`),
    secret.map((value) => `$tag$${value}$tag$`),
    secret.map((value) => `U&'${value}'`),
    fc.nat().map((value) => `9999${value}`),
  );
  const comment = fc.oneof(
    secret.map((value) => `--${value}\n`),
    secret.filter((value) => !value.includes('/*')).map((value) => `/*${value}/* ' */ " $$*/`),
  );
  const harmless = fc.constantFrom(
    'SELECT',
    'a1',
    '"q s"',
    '"it\'s"',
    't.c',
    '$1',
    '$23',
    ',',
    '(',
    ')',
    '->>',
    '::',
    '=',
    'IN',
    'FROM',
    'e',
    'U',
    '\u00e9',
    '$',
  );
  const piece = fc.oneof({ weight: 3, arbitrary: harmless }, { weight: 3, arbitrary: constant }, comment);

  it('whatever the constants, comments and names around them', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const { text, summary = '' } = describeStatement(pieces.join(' '));
        for (const told of [text, summary]) expect(told).not.toMatch(/s3cr3t|9999/);
        const kept = pieces.filter((part) => /^(?:"|t\.c|\$\d|a1)/.test(part));
        for (const part of kept) expect(text).toContain(part);
      }),
      { numRuns: 2000 },
    );
  });

  it('and nothing is thrown, and what was sanitized stays the same when it is sanitized again', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'\'"$\\/*-;()., ?aE1\n\u00e9'), maxLength: 60 });
    fc.assert(
      fc.property(noise, (sql) => {
        const { text } = describeStatement(sql);
        expect(text.length).toBeLessThanOrEqual(sql.length + 1);
        expect(text.replace(/"(?:[^"]|"")*"/g, '')).not.toContain("'");
        expect(textOf(text)).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('the time it takes to read a statement', () => {
  const SIZE = 4_000_000;
  it.each([
    ['quotes', "'"],
    ['escaped quotes', "E'\\'"],
    ['names in quotes', '"a""'],
    ['dollars', '$a'],
    ['dollar quotes', '$a$ $b$ '],
    ['comments that open', '/*'],
    ['comments that open and close', '/**/'],
    ['line comments', '--\n'],
    ['spaces', ' '],
    ['parentheses', '('],
    ['numbers', '1'],
    ['numbers with signs', '1e+'],
    ['dots', '.'],
    ['a list', '1,'],
    ['words', 'select from a '],
    ['one word', 'a'],
    ['brackets that close', ')'],
  ])('is bounded for megabytes of %s', (_what, piece) => {
    const sql = piece.repeat(SIZE / piece.length);
    const startedAt = process.cpuUsage();
    const { text, summary } = describeStatement(sql);
    // Quadratic, it would take hours.
    expect(process.cpuUsage(startedAt).user / 1000).toBeLessThan(15_000);
    expect(text.length).toBeLessThanOrEqual(4097);
    expect((summary ?? '').length).toBeLessThanOrEqual(255);
  });
});

describe('the summary of a statement', () => {
  it.each([
    // The examples of the semantic conventions.
    ['SELECT *\nFROM   wuser_table\nWHERE  username = ?', 'SELECT wuser_table'],
    [
      'INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders WHERE order_id = $1',
      'INSERT shipping_details SELECT orders',
    ],
    ['SELECT * FROM songs, artists WHERE songs.artist_id == artists.id', 'SELECT songs artists'],
    [
      'SELECT order_date FROM (SELECT * FROM orders o JOIN customers c ON o.customer_id = c.customer_id)',
      'SELECT SELECT orders customers',
    ],
    ['SELECT * FROM "song list", artists', 'SELECT "song list" artists'],
    ['call some_stored_procedure(1)', 'call some_stored_procedure'],
    // Others.
    ['select 1', 'select'],
    [
      'select a, b from only public."Users" u left join lateral x.y on true, z order by a, b',
      'select public."Users" x.y z',
    ],
    ['SELECT extract(year FROM at), trim(both FROM name) FROM t WHERE a IS DISTINCT FROM b', 'SELECT t'],
    ['SELECT * FROM (a JOIN b USING (id)), generate_series(1, 2)', 'SELECT a b generate_series'],
    ['UPDATE only accounts SET a = 1 FROM users WHERE x', 'UPDATE accounts users'],
    ['INSERT INTO t (a, comment, "from") VALUES (1, 2, 3) ON CONFLICT (a) DO UPDATE SET a = 2 RETURNING a', 'INSERT t'],
    ['DELETE FROM a USING b WHERE a.id = b.id', 'DELETE a b'],
    [
      'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)',
      'MERGE t s',
    ],
    [
      'WITH old AS (DELETE FROM a RETURNING *), n AS (SELECT 1) INSERT INTO b SELECT * FROM old',
      'DELETE a SELECT INSERT b SELECT old',
    ],
    ['SELECT id FROM jobs FOR UPDATE SKIP LOCKED', 'SELECT jobs'],
    ['SELECT a FROM t UNION ALL SELECT b FROM u', 'SELECT t SELECT u'],
    ['BEGIN; UPDATE t SET a = 1; COMMIT', 'BEGIN UPDATE t COMMIT'],
    ['BEGIN ISOLATION LEVEL SERIALIZABLE', 'BEGIN'],
    ['ROLLBACK TO SAVEPOINT sp_4711', 'ROLLBACK'],
    ['SAVEPOINT sp_4711', 'SAVEPOINT'],
    ['CREATE UNLOGGED TABLE IF NOT EXISTS s.t (id int REFERENCES u ON DELETE CASCADE)', 'CREATE TABLE s.t'],
    ['CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)', 'CREATE INDEX i'],
    ['CREATE OR REPLACE FUNCTION f(a int) RETURNS int AS $$ SELECT secret $$', 'CREATE FUNCTION f'],
    ['DROP TABLE IF EXISTS t', 'DROP TABLE t'],
    ['ALTER TABLE t ADD COLUMN c int', 'ALTER TABLE t'],
    ["ALTER USER joe PASSWORD 'secret'", 'ALTER USER joe'],
    ['REFRESH MATERIALIZED VIEW CONCURRENTLY v', 'REFRESH MATERIALIZED VIEW v'],
    ['TRUNCATE TABLE a, b', 'TRUNCATE a b'],
    ['COPY t (a, b) FROM STDIN', 'COPY t'],
    ['EXPLAIN ANALYZE DELETE FROM t', 'EXPLAIN DELETE t'],
    ['EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM t', 'EXPLAIN SELECT t'],
    ['LISTEN "my channel"', 'LISTEN "my channel"'],
    ["NOTIFY orders, 'paid 1'", 'NOTIFY orders'],
    ["SET search_path TO 'x'", 'SET'],
    ['DECLARE c CURSOR FOR SELECT * FROM t', 'DECLARE SELECT t'],
    ['/* route */ select * from t -- end', 'select t'],
    ['hunter2', undefined],
    ["'hunter2'", undefined],
    ['', undefined],
  ])('of %s', (sql, summary) => {
    expect(summaryOf(sql)).toBe(summary);
  });

  it('is cut between its parts', () => {
    const tables = Array.from({ length: 60 }, (_, index) => `table_${index}`);
    const summary = summaryOf(`SELECT * FROM ${tables.join(', ')}`) ?? '';
    expect(summary.length).toBeLessThanOrEqual(255);
    expect(['SELECT', ...tables].join(' ').startsWith(summary)).toBe(true);
    expect(summary.split(' ').every((part) => part === 'SELECT' || tables.includes(part))).toBe(true);
  });
});
