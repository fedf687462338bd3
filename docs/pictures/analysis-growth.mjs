import { readFileSync } from 'node:fs';
import { path, picture, text } from './svg.mjs';

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [860, 360, 70, 190, 16, 40];
const [FEWEST, MOST, LEAST_MS, MOST_MS] = [1000, 1_000_000, 1, 10_000];

/** How the time of analysis grows with the number of spans, on logarithmic axes, as `npx pnpm bench:analysis` has measured it. */
export function drawAnalysisGrowth() {
  const { analysis } = JSON.parse(readFileSync(new URL('../../bench/results.json', import.meta.url), 'utf8'));
  /** @type {{ what: string, sizes: number[], times: number[] }[]} */
  const growth = analysis.growth;
  const lines = growth.flatMap(({ what, sizes, times }, index) => {
    const points = sizes.map((size, at) => place(size, times[at] ?? LEAST_MS));
    const [x, y] = points.at(-1) ?? [0, 0];
    return [path(points, index % 2 === 0 ? 'line' : 'other'), text(x + 8, labelAt(growth, index, y), what, 'small')];
  });
  const description =
    'Milliseconds of analysis by number of spans, 1,000 to 1,000,000: straight lines on logarithmic axes';
  return picture(WIDTH, HEIGHT, description, [...grid(), ...lines]);
}

// Labels keep a line's height from each other, in the order of the lines.
/** @param {{ times: number[] }[]} growth @param {number} index @param {number} y */
function labelAt(growth, index, y) {
  const last = growth.map(({ times }) => times.at(-1) ?? 0);
  const rank = last.filter((time) => time > (last[index] ?? 0)).length;
  const [, highest] = place(MOST, Math.max(...last));
  return Math.max(y + 4, highest + 4 + rank * 17);
}

function grid() {
  const shapes = [];
  for (let ms = LEAST_MS; ms <= MOST_MS; ms *= 10) {
    const [, y] = place(FEWEST, ms);
    shapes.push(path([place(FEWEST, ms), place(MOST, ms)], 'grid'), text(LEFT - 8, y + 4, `${ms} ms`, 'small', 'end'));
  }
  for (let size = FEWEST; size <= MOST; size *= 10) {
    const [x] = place(size, LEAST_MS);
    shapes.push(path([place(size, LEAST_MS), place(size, MOST_MS)], 'grid'));
    shapes.push(text(x, HEIGHT - BOTTOM + 20, `${size.toLocaleString('en')} spans`, 'small', 'middle'));
  }
  return shapes;
}

/** @param {number} size @param {number} ms @returns {[x: number, y: number]} */
function place(size, ms) {
  const across = Math.log(size / FEWEST) / Math.log(MOST / FEWEST);
  const up = Math.log(ms / LEAST_MS) / Math.log(MOST_MS / LEAST_MS);
  return [LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - TOP)];
}
