import { readFileSync } from 'node:fs';
import { box, picture, text } from './svg.mjs';

const [WIDTH, LEFT, RIGHT, ROW] = [860, 190, 20, 52];
const MODES = [
  ['local only', 'ratio, keep'],
  ['up only', 'peers: { push: false }'],
  ['full', 'peers'],
];

/** How many of the interesting traces are whole, for each way to tell others, as `npx pnpm test:trees` has printed it. */
export function drawWholeTraces() {
  const printed = readFileSync(new URL('trees.txt', import.meta.url), 'utf8');
  const wide = WIDTH - LEFT - RIGHT;
  const shapes = MODES.flatMap(([mode = '', setting = ''], row) => {
    const [traces, complete, partial, lost] = countsOf(printed, mode);
    const y = 40 + row * ROW;
    let from = LEFT;
    const part = (/** @type {number} */ count, /** @type {string} */ type) => {
      const width = (count / traces) * wide;
      from += width;
      return count === 0 ? '' : box(from - width, y, width - 1, 30, type);
    };
    return [
      text(0, y + 12, mode, 'title'),
      text(0, y + 29, setting, 'small'),
      part(complete, 'good'),
      part(partial, 'part'),
      part(lost, 'gone'),
      text(LEFT, y + 44, `${complete} whole, ${partial} in part, ${lost} lost`, 'small'),
    ];
  });
  const legend = [
    ['good', 'whole'],
    ['part', 'in part'],
    ['gone', 'lost'],
  ].flatMap(([type = '', name = ''], index) => [
    box(LEFT + index * 90, 8, 12, 12, type),
    text(LEFT + 18 + index * 90, 19, name, 'small'),
  ]);
  const description = 'Of 200 traces with an error or slow, over four services: how many are whole in each mode';
  return picture(WIDTH, 46 + MODES.length * ROW, description, [...legend, ...shapes]);
}

/** @param {string} printed @param {string} mode @returns {[traces: number, complete: number, partial: number, lost: number]} */
function countsOf(printed, mode) {
  const row = printed.slice(printed.indexOf(`\n${mode}\n`)).match(/^all interesting +(\d+) +(\d+) +(\d+) +(\d+)/m);
  if (row === null) throw new Error(`trees.txt says nothing of the mode ${mode}`);
  const [traces = 0, complete = 0, partial = 0, lost = 0] = row.slice(1).map(Number);
  return [traces, complete, partial, lost];
}
