import { adaptiveSampler, consistentSampler, rateLimitSampler, ruleSampler } from '@throughline/sampling';
import { box, path, picture, text } from './svg.mjs';
import { exported, randomNumbers, SLOW_MS } from './traffic.mjs';

const SECONDS = 60;
const [WIDTH, LEFT, RIGHT] = [860, 180, 160];
const ROW = 58;

/** @type {[name: string, setting: string, make: import('./traffic.mjs').MakeSampler, keep?: import('@throughline/sampling').KeepOptions][]} */
const WAYS = [
  ['head', 'ratio: 0.01', () => consistentSampler({ ratio: 0.01 })],
  ['rate', 'perSecond: 0.2', (options) => rateLimitSampler({ perSecond: 0.2, ...options })],
  ['adaptive', 'adaptive: { target: 0.1 }', (options) => adaptiveSampler({ target: 0.1, ...options })],
  ['tail', 'ratio: 0.01, keep: {…}', (options) => ruleSampler({ ratio: 0.01, ...options }), { slowerThan: SLOW_MS }],
];

/** 200 requests of a minute, with a burst in the middle, as they came and as four ways to sample keep them. */
export function drawWhatIsKept() {
  const requests = traffic();
  const x = (/** @type {number} */ atMs) => LEFT + (atMs / 1000 / SECONDS) * (WIDTH - LEFT - RIGHT);
  const wide = (/** @type {import('./traffic.mjs').Request} */ request) => (kindOf(request) === '' ? 1.6 : 3);
  const mark = (
    /** @type {import('./traffic.mjs').Request} */ request,
    /** @type {number} */ y,
    /** @type {boolean} */ kept,
  ) => {
    const type = kindOf(request);
    const height = kept ? 34 : 10;
    return box(x(request.atMs), y + 34 - height, wide(request), height, `${kept ? type || 'kept' : `gone ${type}`}`);
  };
  const rows = [
    { name: 'what happens', setting: '200 requests in a minute', kept: requests.map(() => true) },
    ...WAYS.map(([name, setting, make, keep]) => {
      const kept = exported(requests, make, keep);
      return { name, setting, kept };
    }),
  ];
  const shapes = rows.flatMap(({ name, setting, kept }, row) => {
    const y = 30 + row * ROW;
    const share = (/** @type {string} */ kind) => {
      const all = requests.map(kindOf).flatMap((each, index) => (each === kind ? [kept[index]] : []));
      return `${all.filter(Boolean).length} of ${all.length}`;
    };
    return [
      text(0, y + 16, name, 'title'),
      text(0, y + 33, setting, 'small'),
      path(
        [
          [LEFT, y + 34.5],
          [WIDTH - RIGHT, y + 34.5],
        ],
        'grid',
      ),
      // What is rare is drawn last, on top.
      ...requests.flatMap((request, index) => (kindOf(request) === '' ? [mark(request, y, kept[index] === true)] : [])),
      ...requests.flatMap((request, index) => (kindOf(request) === '' ? [] : [mark(request, y, kept[index] === true)])),
      box(WIDTH - RIGHT + 14, y + 2, 9, 9, 'error'),
      text(WIDTH - RIGHT + 28, y + 11, `errors: ${share('error')}`, 'small'),
      box(WIDTH - RIGHT + 14, y + 16, 9, 9, 'slow'),
      text(WIDTH - RIGHT + 28, y + 25, `slow: ${share('slow')}`, 'small'),
      box(WIDTH - RIGHT + 14, y + 30, 9, 9, 'kept'),
      text(WIDTH - RIGHT + 28, y + 39, `ordinary: ${share('')}`, 'small'),
    ];
  });
  const bottom = 30 + rows.length * ROW;
  const ticks = [0, 15, 30, 45, 60].map((second) =>
    text(x(second * 1000), bottom + 4, `${second} s`, 'small', 'middle'),
  );
  const description =
    'A minute of 200 requests, some with an error and some slow, as head, rate, adaptive and tail sampling keep them';
  return picture(WIDTH, bottom + 14, description, [...shapes, ...ticks]);
}

/** @returns {import('./traffic.mjs').Request[]} */
function traffic() {
  const random = randomNumbers(2026);
  const times = Array.from(
    { length: 200 },
    (_, index) => (index < 130 ? random() * SECONDS : 27 + random() * 6) * 1000,
  );
  const requests = times
    .toSorted((a, b) => a - b)
    .map((atMs, index) => ({
      atMs,
      tookMs: 10 + random() * 200,
      route: index % 29 === 7 ? '/reports/:id' : '/orders/:id',
      failed: false,
    }));
  for (let n = 0; n < 8; n += 1) Object.assign(requests[(n * 25 + 11) % 200] ?? {}, { failed: true });
  for (let n = 0; n < 6; n += 1)
    Object.assign(requests[(n * 33 + 20) % 200] ?? {}, { tookMs: SLOW_MS * (1.1 + random()) });
  return requests;
}

/** @param {import('./traffic.mjs').Request} request */
function kindOf({ failed, tookMs }) {
  return failed ? 'error' : tookMs > SLOW_MS ? 'slow' : '';
}
