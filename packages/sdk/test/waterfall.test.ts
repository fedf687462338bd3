import { stripVTControlCharacters } from 'node:util';
import { drawWaterfall, type WaterfallSpan } from '@throughline/sdk/waterfall';
import { expect, it } from 'vitest';
import { columnsOf } from '../src/terminal-text.ts';

const START = 1_700_000_000_000;
const plain = { width: 80, color: false };

function span(spanId: string, parentSpanId: string | undefined, more: Partial<WaterfallSpan> = {}): WaterfallSpan {
  const defaults = { name: `span ${spanId}`, service: 'shop', startMs: START, durationMs: 100 };
  return { traceId: 'f'.repeat(32), spanId, parentSpanId, ...defaults, ...more };
}

function lines(spans: readonly WaterfallSpan[], options = plain): string[] {
  return drawWaterfall(spans, options).trimEnd().split('\n');
}

it('begins with the trace id, the duration, the counts and the name of the root', () => {
  const [header] = lines([span('a', undefined, { name: 'GET /cart' }), span('b', 'a', { service: 'stock' })], {
    ...plain,
    width: 100,
  });
  expect(header).toBe(`trace ${'f'.repeat(32)} · 100 ms · 2 spans · 2 services · GET /cart`);
});

it('draws children below their parents, in the order of their start', () => {
  const drawn = lines([
    span('late', 'root', { startMs: START + 50 }),
    span('grandchild', 'early', { startMs: START + 5 }),
    span('early', 'root', { startMs: START + 1 }),
    span('root', undefined),
  ]).slice(1);
  expect(drawn.map((line) => line.slice(0, 27).trimEnd())).toEqual([
    'shop span root',
    'shop ├─ span early',
    'shop │  └─ span grandchild',
    'shop └─ span late',
  ]);
});

it('draws bars on one scale, in eighths of a column', () => {
  const [, root, half, quarter] = lines([
    span('r', undefined, { durationMs: 800 }),
    span('h', 'r', { startMs: START + 400, durationMs: 400 }),
    span('q', 'r', { startMs: START + 600, durationMs: 200 }),
  ]).map((line) => /[▏▎▍▌▋▊▉█▐▕]+/.exec(line)) as RegExpExecArray[];
  const length = (root as RegExpExecArray)[0].length;
  expect(Math.abs((half as RegExpExecArray)[0].length - length / 2)).toBeLessThanOrEqual(1);
  expect(Math.abs((quarter as RegExpExecArray)[0].length - length / 4)).toBeLessThanOrEqual(1);
  expect((half as RegExpExecArray).index).toBeGreaterThan((root as RegExpExecArray).index + length / 2 - 2);
});

it('aligns durations to the right, whatever their unit', () => {
  const drawn = lines([
    span('a', undefined, { durationMs: 12_340 }),
    span('b', 'a', { durationMs: 0.042 }),
    span('c', 'a', { durationMs: 3.14 }),
    span('d', 'a', { durationMs: 999.6 }),
    span('e', 'a', { durationMs: 125_000 }),
  ]).slice(1);
  const ends = ['12.34 s', '42 µs', '3.1 ms', '1.00 s', '2 m 05 s'];
  for (const end of ends) expect(drawn.some((line) => line.endsWith(` ${end}`))).toBe(true);
  expect(new Set(drawn.map((line) => line.length)).size).toBe(1);
});

it('marks failed spans with a glyph, in red where there is colour', () => {
  const spans = [span('a', undefined, { status: '200' }), span('b', 'a', { status: '503', error: 'TimeoutError' })];
  const [, good, bad] = lines(spans);
  expect(good).not.toContain('✗');
  expect(bad).toMatch(/span b TimeoutError +✗503 /);
  const colored = drawWaterfall(spans, { width: 80, color: true });
  expect(colored).toContain('\x1b[31m✗\x1b[0m');
  expect(stripVTControlCharacters(colored)).toBe(drawWaterfall(spans, plain));
});

it('writes log lines below their span, with their offset and with their service where it is another', () => {
  const logs = [
    { timeMs: START + 12, level: 'info', message: 'charging' },
    { timeMs: START + 80, level: 'error', message: 'declined', service: 'bank' },
  ];
  const drawn = lines([span('a', undefined, { logs }), span('b', 'a')]);
  expect(drawn[2]).toBe('     │ +12 ms INFO charging');
  expect(drawn[3]).toBe('bank │ +80 ms ERROR declined');
  expect(drawn[4]).toContain('└─ span b');
});

it('draws every span once whatever the parents are', () => {
  const drawn = lines([
    span('orphan', 'nowhere'),
    span('self', 'self'),
    span('cycle1', 'cycle2'),
    span('cycle2', 'cycle1'),
    span('root', undefined),
    span('twin', 'root', { kind: 'CLIENT' }),
    span('twin', 'root', { kind: 'SERVER' }),
    span('below', 'twin'),
  ]).slice(1);
  const names = drawn.map((line) => /span (\w+)/.exec(line)?.[1]);
  expect(names.sort()).toEqual(['below', 'cycle1', 'cycle2', 'orphan', 'root', 'self', 'twin', 'twin']);
  expect(drawn.find((line) => line.includes('orphan'))).toContain('⋯ span orphan');
});

it('draws a span that was delivered twice once', () => {
  expect(lines([span('a', undefined), span('a', undefined)])).toHaveLength(2);
});

it('draws nothing for no spans', () => {
  expect(drawWaterfall([])).toBe('');
});

it('draws the trace of the first span', () => {
  const other = { ...span('x', undefined), traceId: 'e'.repeat(32) };
  expect(drawWaterfall([span('a', undefined), other], plain)).not.toContain('span x');
});

it('draws a trace of 10,000 levels', () => {
  const deep = Array.from({ length: 10_000 }, (_, level) => span(`s${level}`, level > 0 ? `s${level - 1}` : undefined));
  const drawn = lines(deep);
  expect(drawn).toHaveLength(10_001);
  expect(Math.max(...drawn.map(columnsOf))).toBeLessThanOrEqual(80);
  expect(drawn.at(-1)).toContain('9999·└─ span s9999');
});

it('lets no control character through, and shows where one was', () => {
  const hostile = 'a\x1b[2J\x1b]0;title\x07\r\nb\u202ec\u0000\x9b31m\x7f\u200b\ud800\u2028';
  const logs = [{ timeMs: START, level: hostile, message: hostile, service: hostile }];
  const drawn = drawWaterfall(
    [span('a', undefined, { name: hostile, service: hostile, status: hostile, error: hostile, logs })],
    { ...plain, width: 400 },
  );
  expect(drawn.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}]/u);
  expect(drawn).toContain('a␛[2J␛]0;title␇');
  expect(drawn.trimEnd().split('\n')).toHaveLength(3);
});

it.each([40, 80, 100, 160])('keeps within %d columns, wide characters included', (width) => {
  const logs = [{ timeMs: START, level: 'warn', message: '遅い '.repeat(100) }];
  const drawn = lines(
    [
      span('a', undefined, { name: '検索'.repeat(50), service: 'サービス'.repeat(10), error: 'E'.repeat(5000), logs }),
      span('b', 'a', { name: 'x'.repeat(100_000), status: '5'.repeat(50) }),
      span('c', 'b', { name: '🙂'.repeat(80), startMs: Number.NaN, durationMs: Number.POSITIVE_INFINITY }),
    ],
    { width, color: false },
  );
  expect(drawn).toHaveLength(5);
  for (const line of drawn) expect(columnsOf(line)).toBeLessThanOrEqual(width);
  expect(drawn[1]).toContain('…');
});
