import { readFileSync } from 'node:fs';
import { box, picture, text } from './svg.mjs';

const [WIDTH, LEFT, TOP, ROW, GAP] = [910, 228, 46, 22, 14];
/** Where bars are cut off, and the room for a number behind the longest. */
const [MOST, NUMBER] = [7, 40];

const FRAMEWORKS = [
  ['node', 'node:http'],
  ['express', 'Express'],
  ['fastify', 'Fastify'],
  ['nest-express', 'Nest, Express'],
  ['nest-fastify', 'Nest, Fastify'],
];
const VARIANTS = [
  ['control', 'no tracing once more', 'gone'],
  ['bare-fast', 'no tracing, fast ticks and shapes', 'gone'],
  ['floor', 'an asynchronous context alone', 'gone'],
  ['ours-1', 'Throughline, 1 %', 'kept'],
  ['ours-tail', 'Throughline, tail hold', 'kept'],
  ['ours-100', 'Throughline, everything', 'kept'],
  ['otel-1', 'OpenTelemetry, 1 %', 'slow'],
  ['otel-100', 'OpenTelemetry, everything', 'slow'],
  ['otel-auto', 'OpenTelemetry, automatic', 'slow'],
  ['fastify-otel', '@fastify/otel', 'slow'],
  ['dd-trace', 'dd-trace', 'slow'],
  ['elastic', 'Elastic', 'slow'],
  ['sentry', 'Sentry', 'slow'],
];
/** What the tracers are called, by their variants. @type {Record<string, string | undefined>} */
export const TITLES = Object.fromEntries(VARIANTS.map(([variant, title]) => [variant, title]));
const WIDE = (WIDTH - LEFT - GAP * (FRAMEWORKS.length - 1)) / FRAMEWORKS.length;
const BOTTOM = TOP + VARIANTS.length * ROW;

/** Processor time of a request to no tracing, for each framework and tracer, as `npx pnpm bench` has measured it. */
export function drawRequestCost() {
  const { http } = JSON.parse(readFileSync(new URL('../../bench/results.json', import.meta.url), 'utf8'));
  /** @type {{ framework: string, route: string, rows: { variant: string, ratio: number }[] }[]} */
  const cells = http.cells;
  const names = VARIANTS.map(([, name = '', type], row) =>
    text(LEFT - 12, middleOf(row), name, type === 'kept' ? 'title' : '', 'end'),
  );
  const panels = FRAMEWORKS.flatMap(([framework, name = ''], index) => {
    const rows = cells.find((cell) => cell.framework === framework && cell.route === 'hello')?.rows ?? [];
    return panel(LEFT + index * (WIDE + GAP), name, rows);
  });
  const description =
    'Processor time of a small request as a ratio to no tracing, for each framework, with each tracer and without';
  return picture(WIDTH, BOTTOM + 8, description, [...names, ...panels]);
}

/** @param {number} left @param {string} name @param {{ variant: string, ratio: number }[]} rows */
function panel(left, name, rows) {
  const shapes = [text(left, 14, name, 'title')];
  for (const [row, [variant, , type = '']] of VARIANTS.entries()) {
    const ratio = rows.find((measured) => measured.variant === variant)?.ratio;
    if (ratio === undefined) continue;
    const shown = along(Math.min(ratio, MOST));
    shapes.push(box(left, TOP + row * ROW + 4, shown, ROW - 8, type));
    const number = ratio > MOST ? `→ ${ratio.toFixed(0)}` : ratio.toFixed(2);
    shapes.push(text(left + Math.max(shown, along(1)) + 5, middleOf(row), number, 'small'));
  }
  const one = left + along(1);
  shapes.push(box(one - 0.5, TOP - 6, 1, BOTTOM - TOP + 6, 'gone'), text(one, TOP - 12, '1 ×', 'small', 'middle'));
  return shapes;
}

/** @param {number} row */
function middleOf(row) {
  return TOP + row * ROW + ROW / 2 + 4;
}

/** How wide so many times the processor time is. @param {number} times */
function along(times) {
  return (times / MOST) * (WIDE - NUMBER);
}
