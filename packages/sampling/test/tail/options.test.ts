import { readKeepOptions } from '@throughline/sampling';
import { expect, it } from 'vitest';
import { readDuration } from '../../src/tail/duration.ts';

it.each([
  ['300ms', 300],
  ['1s', 1000],
  ['1.5s', 1500],
  ['2m', 120_000],
  ['0.25ms', 0.25],
  [17, 17],
])('reads the duration %j', (value, milliseconds) => expect(readDuration(value)).toBe(milliseconds));

it.each([
  '',
  '1',
  's',
  '1 s',
  '1S',
  '-1s',
  '1e3s',
  '1.s',
  '.5s',
  '0s',
  '1h',
  0,
  -1,
  Number.NaN,
  null,
  {},
  '9'.repeat(99),
])('does not read %j as a duration', (value) => expect(readDuration(value)).toBeUndefined());

it('has defaults for everything', () => {
  expect(readKeepOptions({})).toMatchObject({
    errors: true,
    slowerThan: undefined,
    routes: [],
    perSecond: 500,
    holdMs: 10_000,
    maxBytes: 33_554_432,
  });
});

const FORM = "a duration above 0, such as '300ms', '1.5s', '2m' or a number of milliseconds";

it.each([
  [
    { slowerThan: '1 second' },
    `[sampling] Expected \`keep.slowerThan\` to be 'p99' or ${FORM}, got the string "1 second".`,
  ],
  [{ slowerThan: 'p50' }, 'got the string "p50".'],
  [{ slowerThan: -1 }, 'got -1.'],
  [{ hold: 'p99' }, `[sampling] Expected \`keep.hold\` to be ${FORM}, got the string "p99".`],
  [{ errors: 'all' }, '[sampling] Expected `keep.errors` to be true or false, got the string "all".'],
  [{ routes: ['/a'] }, '[sampling] Expected `keep.routes` to be an object, got an array.'],
  [{ routes: { search: '1s' } }, '[sampling] Expected the names in `keep.routes` to be a route pattern that starts'],
  [
    { routes: { '/search': 'soon' } },
    `[sampling] Expected \`keep.routes["/search"]\` to be 'p99' or ${FORM}, got "soon".`,
  ],
  [{ routes: { '/search': null } }, 'got null.'],
  [{ perSecond: 0 }, '[sampling] Expected `keep.perSecond` to be a number above 0, got 0.'],
  [{ maxBytes: '32MB' }, '[sampling] Expected `keep.maxBytes` to be a number of bytes, 5000 or more'],
  [{ maxBytes: 32 }, 'such as 32 * 2 ** 20, got 32.'],
  [{ latency: '1s' }, '[sampling] There is no option `keep.latency`. Use one of `keep.errors`, `keep.slowerThan`'],
  ['errors', '[sampling] Expected the options to be an object'],
])('rejects the options %j', (options, message) => {
  expect(() => readKeepOptions(options as object)).toThrow(message);
});
