// The tables of what a request costs, as `bench/results.json` and `bench/node24/results.json` have it.
import { readFileSync } from 'node:fs';
import { VARIANTS } from '../../bench/matrix.mjs';
import { TITLES } from '../pictures/request-cost.mjs';

/** @typedef {{ variant: string, ratio: number, ratioFrom: number, ratioTo: number }} Row */
/** @typedef {{ framework: string, route: string, rows: Row[] }} Cell */

const FRAMEWORKS = {
  node: '`node:http`',
  express: 'Express',
  fastify: 'Fastify',
  'nest-express': 'Nest on Express',
  'nest-fastify': 'Nest on Fastify',
};
const MAIN = ['control', 'bare-fast', 'floor', 'ours-100', 'ours-tail', 'ours-1', 'otel-100', 'otel-1'];
const OTHERS = ['otel-auto', 'fastify-otel', 'dd-trace', 'elastic', 'sentry'];
const ON_FASTIFY = ['control', 'ours-1', 'ours-tail', 'ours-100', 'otel-1', 'otel-100', 'dd-trace'];
const ROUTES = { hello: 'an empty handler', spans: 'three own spans', log: 'one log line', call: 'one fetch' };

/** The pages with their tables filled in, by their names. @returns {Record<string, string>} */
export function filledPages() {
  const node20 = cellsIn('results.json');
  const node24 = cellsIn('node24/results.json');
  return {
    'docs/performance.md': filled('docs/performance.md', [
      ...byRoute(node20, '', [...MAIN, ...OTHERS]),
      ...byRoute(node24, ', Node 24', MAIN),
    ]),
    'README.md': filled('README.md', [onFastify(node20)]),
  };
}

/** @param {string} page @param {string[][][]} tables each is known by its first cell */
function filled(page, tables) {
  return tables.reduce(
    (text, table) => replaceTable(text, table, page),
    readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8'),
  );
}

/** A table for each route, with all variants for the first. @param {Cell[]} cells @param {string} suffix to the first cell @param {string[]} variants */
function byRoute(cells, suffix, variants) {
  return Object.entries(ROUTES).map(([route, title]) =>
    route === 'hello'
      ? byFramework(cells, `\`hello\`${suffix}`, route, variants, spread)
      : byFramework(cells, title + suffix, route, MAIN, median),
  );
}

/** @param {string} file in the benchmark's folder @returns {Cell[]} */
function cellsIn(file) {
  return JSON.parse(readFileSync(new URL(`../../bench/${file}`, import.meta.url), 'utf8')).http.cells;
}

/** @param {string} text @param {string[][]} rows @param {string} page */
function replaceTable(text, rows, page) {
  const first = rows[0]?.[0];
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith('| ') && line.split('|')[1]?.trim() === first);
  if (from < 0) throw new Error(`${page} has no table that begins with ${first}.`);
  const length = lines.slice(from).findIndex((line) => !line.startsWith('|'));
  lines.splice(from, length, ...aligned(rows));
  return lines.join('\n');
}

/**
 * @param {Cell[]} cells
 * @param {string} first the first cell
 * @param {string} route
 * @param {string[]} variants
 * @param {(row: Row) => string} say
 */
function byFramework(cells, first, route, variants, say) {
  const columns = Object.keys(FRAMEWORKS);
  const rows = variants.map((variant) => [
    titleOf(variant),
    ...columns.map((framework) => said(rowOf(cells, framework, route, variant), say)),
  ]);
  return [[first, ...Object.values(FRAMEWORKS)], ...rows];
}

/** As the benchmark has it, without what it is made of. @param {string} variant */
function titleOf(variant) {
  return VARIANTS[variant]?.title.split(':')[0] ?? '';
}

/** @param {Cell[]} cells */
function onFastify(cells) {
  const rows = Object.entries(ROUTES).map(([route, title]) => [
    title,
    ...ON_FASTIFY.map((variant) => said(rowOf(cells, 'fastify', route, variant), median)),
  ]);
  return [['Fastify', ...ON_FASTIFY.map((variant) => TITLES[variant] ?? '')], ...rows];
}

/** @param {Cell[]} cells @param {string} framework @param {string} route @param {string} variant */
function rowOf(cells, framework, route, variant) {
  const cell = cells.find((each) => each.framework === framework && each.route === route);
  return cell?.rows.find((row) => row.variant === variant);
}

/** @param {Row | undefined} row nothing where the variant has nothing to do with the framework @param {(row: Row) => string} say */
function said(row, say) {
  return row === undefined ? '–' : say(row);
}

/** @param {Row} row */
function median({ ratio }) {
  return ratio.toFixed(2);
}

/** @param {Row} row */
function spread({ ratio, ratioFrom, ratioTo }) {
  return `${ratio.toFixed(2)} (${ratioFrom.toFixed(2)}–${ratioTo.toFixed(2)})`;
}

/** Lines of Markdown: names to the left, numbers to the right. @param {string[][]} rows */
function aligned(rows) {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const lines = [head, rule, ...rows.slice(1)].map((cells) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
  );
  return lines.map((cells) => `| ${cells.join(' | ')} |`);
}
