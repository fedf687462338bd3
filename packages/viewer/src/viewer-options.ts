import type { ViewerOptions } from './viewer.ts';

type Checks = {
  readonly [Name in keyof Required<ViewerOptions>]: readonly [string, (value: unknown) => boolean];
};

const isText = (value: unknown) => typeof value === 'string' && value !== '';

const CHECKS: Checks = {
  port: [
    'a port from 0 to 65535',
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535,
  ],
  host: ['an address to listen on', isText],
  token: [
    'at least 16 letters, digits, `-` and `_`',
    (value) => typeof value === 'string' && /^[\w-]{16,256}$/.test(value),
  ],
  source: ['a source of traces, such as `jaeger+http://localhost:16686`', isText],
  sourceHeaders: [
    'an object of strings',
    (value) =>
      typeof value === 'object' && value !== null && Object.values(value).every((header) => typeof header === 'string'),
  ],
  file: ['the path of a file', isText],
  maxAgeDays: ['a number of days above 0', (value) => typeof value === 'number' && value > 0 && value <= 36_500],
  maxBytes: [
    'a number of bytes of at least 1,000,000',
    (value) => typeof value === 'number' && Number.isFinite(value) && value >= 1_000_000,
  ],
};

/** Throws a `TypeError` that names the first option which is unknown or wrong, and what was expected. */
export function checkViewerOptions(options: ViewerOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(CHECKS, name)) {
      const known = Object.keys(CHECKS).map((option) => `\`${option}\``);
      throw new TypeError(`[viewer] There is no option \`${name}\`. Use one of ${known.join(', ')}.`);
    }
    const [expected, accepts] = CHECKS[name as keyof ViewerOptions];
    // The value is not shown: it may be the token.
    if (!accepts(value)) throw new TypeError(`[viewer] Expected \`${name}\` to be ${expected}.`);
  }
}
