import fc from 'fast-check';
import { readArguments, UsageError as ShopUsageError } from '../../examples/shop/src/demo/arguments.ts';
import { describeStatement } from '../../packages/databases/src/sql-statement.ts';
import { traceIdOf } from '../../packages/readers/src/trace-id.ts';
import { quotedText, traceQlOf } from '../../packages/readers/src/trace-ql.ts';
import { fit as inColumns, printable } from '../../packages/sdk/src/terminal-text.ts';
import { Arguments } from '../../packages/viewer/src/cli/arguments.ts';
import { UsageError } from '../../packages/viewer/src/cli/exit-code.ts';
import { fitted, safeText, widthOf } from '../../packages/viewer/src/cli/safe-text.ts';
import { parseQuery } from '../../packages/viewer/src/query/parse-query.ts';
import { traceCondition } from '../../packages/viewer/src/query/sql-filter.ts';
import { QueryError } from '../../packages/viewer/src/query/tokens.ts';
import { must, type Target, target, textsNear } from './target.ts';

const SQL = [
  "SELECT a, b FROM orders o JOIN items i ON i.id = o.id WHERE o.name = 'O''Reilly' AND o.n IN (1, 2, 3) -- secret",
  "INSERT INTO t (a) VALUES ($1, E'x\\'y', $$body$$, 0x1F, 1.5e-7) ON CONFLICT DO NOTHING",
  'WITH x AS (DELETE FROM "Odd ""table" RETURNING *) UPDATE y SET z = 1 /* nested /* comment */ */',
];
const SQL_PIECES = [
  "'",
  '"',
  '$$',
  '$a$',
  '--',
  '/*',
  '*/',
  '(',
  ')',
  ',',
  ';',
  'SELECT',
  'FROM',
  'IN (',
  '?',
  '\n',
  "E'",
  '::',
];
const TRACE_QL = [
  '{ resource.service.name = "shop" && span.http.status_code >= 500 && duration > 1.5s }',
  '{ name =~ "GET .*" || status = error } && { kind = server }',
  'shop error duration>100ms http.route="/orders/:id" -cache',
];
const QUERY_PIECES = [
  '{',
  '}',
  '(',
  ')',
  '&&',
  '||',
  '!',
  '=',
  '=~',
  '!=',
  '>',
  '"',
  "'",
  'AND',
  'OR',
  'NOT ',
  'duration',
  '-',
  ':',
  '.*',
  '(a+)+$',
];
const ESCAPES = /(?![\t\n])\p{Cc}/u;

export const queryTargets: readonly Target[] = [
  target(
    'SQL statements',
    textsNear(SQL, SQL_PIECES),
    (sql) => describeStatement(sql),
    ({ text, summary }) => {
      must(text.length <= 4097, () => `${text.length} characters of text`);
      must(summary === undefined || summary.length <= 255, () => `${summary?.length} characters of summary`);
    },
  ),
  target(
    'constants of SQL: none is in what is told',
    fc.tuple(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.nat(9_999_999)),
    ([text, number]) => {
      const quoted = `'needle${text.replaceAll("'", "''")}'`;
      return describeStatement(
        `SELECT * FROM t WHERE a = ${quoted} AND b = ${7_000_000 + number} AND c IN (${quoted}, ${quoted})`,
      );
    },
    ({ text, summary }) => must(!/needle|\d{7}/.test(`${text}${summary}`), () => `told: ${text}`),
  ),
  target(
    'searches of the viewer, and TraceQL',
    textsNear(TRACE_QL, QUERY_PIECES),
    (query) => traceCondition(parseQuery(query)),
    (condition, query) =>
      must(condition.length <= 60 * query.length + 400, () => `${condition.length} characters of SQL`),
    (thrown) => thrown instanceof QueryError,
  ),
  target(
    'TraceQL that we write',
    fc.record({
      service: fc.string({ unit: 'binary' }),
      operation: fc.string({ unit: 'binary' }),
      attributes: fc.dictionary(fc.string(), fc.string()),
    }),
    (query) => ({ query: traceQlOf(query), quoted: quotedText(query.service) }),
    ({ quoted }, { service }) => must(JSON.parse(quoted) === Buffer.from(service).toString(), () => quoted),
  ),
  target(
    'trace ids that people paste',
    textsNear(['0af7651916cd43dd8448eb211c80319c', ' 0AF76519-16cd-43dd ', '1'], ['-', ' ', '0x', 'g', '/']),
    (text) => traceIdOf(text, 'http://127.0.0.1'),
    (id) => must(/^[\da-f]{1,32}$/.test(id), () => `id ${id}`),
    (thrown) => thrown instanceof Error && thrown.message.length < 500,
  ),
  // Node expands `-hhh` into single options, in time that grows with the square; whoever types harms nobody else.
  target(
    'arguments of the command line',
    fc.array(
      textsNear(
        ['--since', '30m', '--limit', '7', '-n', '3', '--json', 'find', '--since=2026-01-01'],
        ['-', '--', '=', 'h', '1e9'],
      ).filter(({ length }) => length < 1000),
      { maxLength: 5 },
    ),
    (args) => {
      const read = new Arguments(args, {
        since: { value: 'time', help: '' },
        limit: { value: 'n', short: 'n', help: '' },
        json: { help: '' },
      });
      return [read.moment('since'), read.count('limit'), read.flag('json'), read.positionals];
    },
    ([moment, count]) => {
      must(moment === undefined || Number.isFinite(moment), () => `a moment ${String(moment)}`);
      must(count === undefined || Number.isSafeInteger(count), () => `a count ${String(count)}`);
    },
    (thrown) => thrown instanceof UsageError,
  ),
  target(
    'arguments of the demo',
    fc.array(textsNear(['--seconds', '5', '--help', '-h'], ['=', '--', 'e']), { maxLength: 4 }),
    (args) => readArguments(args),
    ({ seconds }) => must(seconds === undefined || (seconds > 0 && seconds <= 86_400), () => `${seconds} seconds`),
    (thrown) => thrown instanceof ShopUsageError,
  ),
  target(
    'names in the terminal',
    fc.tuple(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        textsNear(['\u001b[31mred', 'a\u200bb', '👩‍👩‍👧'], ['\u001b]0;', '\u009b', '\u202e', '\r', '\b']),
      ),
      fc.integer({ min: 1, max: 60 }),
    ),
    ([text, columns]) => ({
      printed: printable(text),
      cells: inColumns(text, columns),
      safe: safeText(text),
      shown: fitted(text, columns),
      columns,
    }),
    ({ printed, cells, safe, shown, columns }) => {
      for (const each of [printed, safe])
        must(!ESCAPES.test(each), () => `control characters: ${JSON.stringify(each.slice(0, 100))}`);
      must(widthOf(shown) <= columns, () => `${widthOf(shown)} of ${columns} columns: ${JSON.stringify(shown)}`);
      must(cells.length <= 12 * columns + 50, () => `${cells.length} characters in ${columns} columns`);
    },
  ),
];
