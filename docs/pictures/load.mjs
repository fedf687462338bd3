import { adaptiveSampler, consistentSampler, rateLimitSampler } from '@throughline/sampling';
import { path, picture, text } from './svg.mjs';
import { exported, randomNumbers } from './traffic.mjs';

const SECONDS = 240;
const WINDOW = 10;
const [WIDTH, LEFT, RIGHT, HIGH] = [860, 190, 200, 70];
const BUSY = '/orders/:id';

/** @type {[name: string, setting: string, make: import('./traffic.mjs').MakeSampler][]} */
const WAYS = [
  ['head', 'ratio: 0.05', () => consistentSampler({ ratio: 0.05 })],
  ['rate', 'perSecond: 3', (options) => rateLimitSampler({ perSecond: 3, ...options })],
  ['adaptive', 'adaptive: { target: 1.5 }', (options) => adaptiveSampler({ target: 1.5, ...options })],
];

/** Traffic that grows to ten times as much and falls again, beside a route that is called seldom, and what is kept of both. */
export function drawLoad() {
  const requests = traffic();
  const all = { name: 'what happens', setting: 'requests a second', kept: requests.map(() => true) };
  const rows = [all, ...WAYS.map(([name, setting, make]) => ({ name, setting, kept: exported(requests, make) }))];
  const x = (/** @type {number} */ second) => LEFT + (second / SECONDS) * (WIDTH - LEFT - RIGHT);
  const shapes = rows.flatMap(({ name, setting, kept }, row) => {
    const bottom = 20 + (row + 1) * (HIGH + 18);
    const most = row === 0 ? 200 : 10;
    const rates = (/** @type {boolean} */ busy) =>
      Array.from({ length: SECONDS / WINDOW }, (_, window) => {
        const inside = requests.filter(
          ({ atMs, route }, index) =>
            kept[index] === true && (route === BUSY) === busy && Math.floor(atMs / 1000 / WINDOW) === window,
        );
        return inside.length / WINDOW;
      });
    const curve = (/** @type {number[]} */ values) =>
      values.map((rate, window) => /** @type {const} */ ([x((window + 0.5) * WINDOW), bottom - (rate / most) * HIGH]));
    const [busy, rare] = [rates(true), rates(false)];
    const sum = (/** @type {number[]} */ values) => Math.round(values.reduce((a, b) => a + b, 0) * WINDOW);
    return [
      text(0, bottom - HIGH + 18, name, 'title'),
      text(0, bottom - HIGH + 36, setting, 'small'),
      text(LEFT - 6, bottom - HIGH + 8, `${most}/s`, 'small', 'end'),
      text(LEFT - 6, bottom, '0', 'small', 'end'),
      path(
        [
          [LEFT, bottom - HIGH],
          [WIDTH - RIGHT, bottom - HIGH],
        ],
        'grid',
      ),
      path(
        [
          [LEFT, bottom],
          [WIDTH - RIGHT, bottom],
        ],
        'axis',
      ),
      path(curve(busy), 'line'),
      path(curve(rare), 'other'),
      path(
        [
          [WIDTH - RIGHT + 14, bottom - HIGH + 24],
          [WIDTH - RIGHT + 30, bottom - HIGH + 24],
        ],
        'line',
      ),
      text(WIDTH - RIGHT + 36, bottom - HIGH + 28, `busy route: ${sum(busy)}`, 'small'),
      path(
        [
          [WIDTH - RIGHT + 14, bottom - HIGH + 46],
          [WIDTH - RIGHT + 30, bottom - HIGH + 46],
        ],
        'other',
      ),
      text(WIDTH - RIGHT + 36, bottom - HIGH + 50, `rare route: ${sum(rare)}`, 'small'),
    ];
  });
  const end = 20 + rows.length * (HIGH + 18);
  const ticks = [0, 60, 120, 180, 240].map((second) => text(x(second), end + 18, `${second} s`, 'small', 'middle'));
  const description =
    'Four minutes in which traffic grows from 20 to 180 requests a second, beside a rare route, as head, rate and adaptive sampling keep them';
  return picture(WIDTH, end + 26, description, [...shapes, ...ticks]);
}

/** @returns {import('./traffic.mjs').Request[]} */
function traffic() {
  const random = randomNumbers(7);
  /** @type {import('./traffic.mjs').Request[]} */
  const requests = [];
  for (let atMs = 0; atMs < SECONDS * 1000; ) {
    const perSecond = atMs > 90_000 && atMs < 150_000 ? 180 : 20;
    atMs += (-Math.log(1 - random()) * 1000) / perSecond;
    requests.push({ atMs, tookMs: 20, route: BUSY, failed: false });
  }
  for (let atMs = 0; atMs < SECONDS * 1000; ) {
    atMs += -Math.log(1 - random()) * 2000;
    requests.push({ atMs, tookMs: 20, route: '/reports/:id', failed: false });
  }
  return requests.filter(({ atMs }) => atMs < SECONDS * 1000).toSorted((a, b) => a.atMs - b.atMs);
}
