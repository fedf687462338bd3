import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { encodeOtlpJson, readSpans, type Span } from '@throughline/analysis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { throughline } from '../src/cli/throughline.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const HOSTILE = 'pay\u001b[2J\u0007\u009b31m\u202etxt\u2028\ud800';
const START = 1_767_225_600_000_000_000n;

let directory: string;
let shop: string;
let slowShop: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-'));
  shop = file('shop.json', JSON.stringify(encodeOtlpJson(shopTraces(0))));
  slowShop = file('slow.json', JSON.stringify(encodeOtlpJson(shopTraces(200))));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** Twelve checkouts: a cart that asks its database five times, then a payment that takes longer by `slower` milliseconds. */
function shopTraces(slower: number): Span[] {
  return Array.from({ length: 12 }, (_, at) => {
    const traceId = at === 11 ? TRACE : `${at + 1}`.padStart(32, '7');
    const span = (
      id: number,
      parent: number,
      service: string,
      name: string,
      [from, to]: [number, number],
      more = {},
    ) => ({
      traceId,
      spanId: `${id}`.padStart(16, '0'),
      parentSpanId: parent === 0 ? undefined : `${parent}`.padStart(16, '0'),
      name,
      kind: 'server' as const,
      startUnixNano: START + BigInt(Math.round((at * 1000 + from) * 1e6)),
      endUnixNano: START + BigInt(Math.round((at * 1000 + to) * 1e6)),
      status: 'unset' as const,
      attributes: {},
      events: [],
      links: [],
      resource: { service, attributes: { 'service.name': service } },
      ...more,
    });
    const database = { kind: 'client', attributes: { 'db.system.name': 'postgresql' } };
    const end = 100 + slower + at;
    return [
      span(1, 0, 'web', 'POST /checkout', [0, end]),
      span(2, 1, 'cart', 'GET /cart', [1, 21]),
      ...[0, 1, 2, 3, 4].map((query) =>
        span(3 + query, 2, 'cart', 'SELECT items', [1 + 4 * query, 5 + 4 * query], database),
      ),
      span(8, 1, HOSTILE, 'POST /pay', [30, end - 2], { status: 'error' }),
      span(9, 1, 'mail', 'send', [50, end + 100], { kind: 'consumer' }),
    ];
  }).flat();
}

async function call(
  args: readonly string[],
  { env = {}, columns = 100 }: { env?: Record<string, string>; columns?: number } = {},
) {
  let [out, error] = ['', ''];
  const code = await throughline(args, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    columns,
    isTerminal: false,
    env,
  });
  return { code, out, error };
}

describe('throughline', () => {
  it('finds traces, the latest first, within the width of the terminal', async () => {
    const { code, out, error } = await call(['find', '-s', shop, '--service', 'cart', '-n', '2'], { columns: 110 });
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(/^TRACE +STARTED +DURATION +SPANS +ERRORS +SERVICE +NAME$/);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(new RegExp(`^${TRACE} +\\S+ \\S+ +211 ms +9 +1 +web +POST /checkout$`));
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
    expect(error).toBe('These are the latest 2 traces; --limit asks for more.\n');
    expect(code).toBe(0);
  });

  it.each<[string[], number]>([
    [['--service', 'web', '--min', '109.5ms'], 2],
    [['--service=cart', '--max', '4ms'], 12],
    [['--service=cart', '--max', '1us'], 0],
    [['--error'], 12],
    [['--error', '--operation=GET /cart'], 0],
    [['--kind', 'producer'], 0],
    [['-a', 'db.system.name=postgresql', '-a', 'service.name=cart'], 12],
    [['--since', '2026-01-01T00:00:05Z'], 7],
    [['--until', '2026-01-01T00:00:05Z'], 6],
    [['--since', '1d'], 0],
  ])('finds by %j %i traces', async (options, expected) => {
    const { out, code } = await call(['find', ...options, '-s', shop, '--json']);
    expect(JSON.parse(out)).toHaveLength(expected);
    expect(code).toBe(expected === 0 ? 1 : 0);
  });

  it('draws a trace as a waterfall with its critical path', async () => {
    const { code, out } = await call(['show', TRACE, '-s', shop], { columns: 80 });
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toBe('POST /checkout web');
    expect(lines[1]).toContain(`${TRACE}  211 ms · 9 spans · 4 services · 1 error`);
    const rows = lines.slice(4).map((line) => line.split('│') as [string, string]);
    expect(rows.map(([label]) => label.trim().split(/ {2,}/)[0])).toEqual([
      'web POST /checkout',
      'cart GET /cart',
      'cart SELECT items ×5',
      expect.stringContaining('✗ pay\\u{1b}[2J'),
      '⇢ mail send',
    ]);
    // The queries are on the path, so the cart that waits for them is not drawn heavier but where it works itself.
    expect(rows[2]?.[1]).toMatch(/^━+$/);
    expect(rows[3]?.[1]).toMatch(/^ +━+$/);
    expect(rows[4]?.[1]).toMatch(/^ +─+$/);
    expect(Math.max(...lines.slice(3).map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('draws every span when asked to', async () => {
    const { out } = await call(['show', TRACE, '-s', shop, '--all']);
    expect(out.match(/SELECT items/g)).toHaveLength(5);
    expect(out).not.toContain('×5');
  });

  it('shows the latest trace where none is named, and writes OTLP JSON that it can read', async () => {
    const { out } = await call(['show', '-s', shop, '--json']);
    expect(readSpans(out).map(({ traceId }) => traceId)).toEqual(Array(9).fill(TRACE));
    const again = await call(['show', '-s', file('again.json', out), TRACE]);
    expect(again.code).toBe(0);
  });

  it.each(['find', 'show', 'critical-path', 'bottlenecks', 'deps'])(
    '%s never lets names control the terminal',
    async (command) => {
      for (const json of [[], ['--json']]) {
        const { out, error } = await call([command, '-s', shop, ...json], { columns: 250 });
        expect(out).toContain('pay\\u');
        expect(`${out}${error}`.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        if (json.length > 0) expect(out).toContain(JSON.stringify(HOSTILE).slice(4, 12));
      }
    },
  );

  it('colours where it is asked to, and not where NO_COLOR is set', async () => {
    const { out } = await call(['show', '-s', shop], { env: { FORCE_COLOR: '1' } });
    expect(out).toContain('\u001b[33m━');
    const plain = await call(['show', '-s', shop], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(plain.out).not.toContain('\u001b');
    expect(stripVTControlCharacters(out)).toBe(plain.out);
  });

  it('tells what a request waited for, in times that sum to its duration', async () => {
    const { out } = await call(['critical-path', TRACE, '-s', shop, '--json']);
    const { duration, segments, root } = JSON.parse(out) as {
      duration: number;
      root: { name: string };
      segments: { name: string; start: number; end: number }[];
    };
    expect(root.name).toBe('POST /checkout');
    expect(segments.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(duration);
    expect(new Set(segments.map(({ name }) => name))).toEqual(new Set(['POST /checkout', 'SELECT items', 'POST /pay']));
    expect((await call(['critical-path', TRACE, '-s', shop])).out).toMatch(/30 ms +79 ms +71.2 % +pay\S+ +POST \/pay/);
  });

  it('tells what made a request slow', async () => {
    const { out } = await call(['bottlenecks', TRACE, '-s', shop]);
    expect(out).toMatch(/SAVES +TIME +KIND +SPANS +SERVICE +NAME\n *79 ms +79 ms +cpu +1 +pay/);
    expect(out).toMatch(/ n\+1 +5 +cart +SELECT items/);
  });

  it('tells who calls whom', async () => {
    const { out, code } = await call(['deps', '-s', shop]);
    expect(out).toMatch(/^cart +\[database postgresql\] +60 +0 % +3\.99 ms/m);
    expect(out).toMatch(/^web +pay\S+ +12 +100 % /m);
    expect(code).toBe(0);
  });

  it('tells what differs from a baseline, from another source or other times', async () => {
    const { out, code } = await call(['anomalies', '-s', slowShop, '--baseline', shop, '--json']);
    const { anomalies, rootCauses, traces, baseline } = JSON.parse(out);
    expect([traces, baseline, code]).toEqual([12, 12, 0]);
    expect(anomalies[0]).toMatchObject({ kind: 'slower', name: 'POST /pay' });
    expect(rootCauses[0].service.startsWith('pay')).toBe(true);
    const both = ['-s', shop, '--since', '2026-01-01T00:00:06Z', '--baseline', '2026-01-01..2026-01-01T00:00:06Z'];
    expect((await call(['anomalies', ...both])).out).toMatch(
      /^6 traces against \d+ of the baseline\n\nNothing differs beyond chance\.\n$/,
    );
  });

  it('compares two traces, and all of two sources', async () => {
    const { out } = await call(['compare', shop, slowShop]);
    expect(out).toContain('12 traces of 106 ms before, 12 of 306 ms after: +200 ms');
    expect(out).toMatch(/^\+200 ms +\S+ ms +\S+ ms +1 → 1 +pay/m);
    const same = await call(['compare', TRACE, TRACE, '-s', shop]);
    expect(same.out).toContain('Nothing changed.');
  });

  it('writes a sampling policy for Collectors', async () => {
    const policy = file('policy.json', JSON.stringify({ ratio: 0.1, keep: { errors: true } }));
    const { out, code } = await call(['collector-config', policy, '--endpoint', 'http://tempo:4318']);
    expect(code).toBe(0);
    expect(out).toMatch(/^---\n# load-balancing\.yaml\n[\s\S]*\n---\n# tail-sampling\.yaml\n/);
    expect(out).toContain('http://tempo:4318');
    const module = file('policy.mjs', 'export default { ratio: 0.25 };');
    const written = await call(['collector-config', module, '-o', join(directory, 'collectors')]);
    expect(written.out.trim().split('\n')).toHaveLength(2);
    expect(readFileSync(join(directory, 'collectors', 'tail-sampling.yaml'), 'utf8')).toContain('tail_sampling');
  });

  it('takes the source from the environment', async () => {
    const { code, out } = await call(['show'], { env: { THROUGHLINE_SOURCE: shop } });
    expect([code, out.split('\n')[0]]).toEqual([0, 'POST /checkout web']);
  });

  it.each([
    [[], /^Find traces/],
    [
      ['nope\u001b[2J'],
      /^Expected a command \(view, find, show, .*\), got "nope\\u001b\[2J"\. See throughline --help\.\n$/,
    ],
    [
      ['find', '--min', '3'],
      /^Expected --min to be a duration like 250ms, 1\.5s or 2h, got "3"\.\nSee throughline find --help\.\n$/,
    ],
    [['find', '--limit', '0'], /^Expected --limit to be a whole number above 0/],
    [['find', '--kind', 'x'], /^Expected --kind to be one of internal, server/],
    [['find', '--since', 'soon'], /^Expected --since to be how long ago/],
    [['find', '--attribute', 'x'], /^Expected --attribute to be key=value/],
    [['find', '--header', 'token'], /^Expected --header to be "name: value"\.\n/],
    [['find', '--bogus'], /^Unknown option '--bogus'\n/],
    [['compare', 'abc'], /^Expected two traces or two sources/],
    [['anomalies'], /^Expected --baseline to be a source/],
    [['collector-config'], /^Expected the file of one policy\./],
    [['collector-config', 'missing.json'], /^Cannot read the policy in missing\.json: ENOENT/],
  ])('ends with 2 and says what was expected: %j', async (args, message) => {
    const { code, out, error } = await call(args);
    expect([code, out]).toEqual([2, '']);
    expect(error).toMatch(message);
  });

  it.each([
    [['show', 'abc', '-s', 'SHOP'], /^There is no trace abc in \S+\. Look for others with throughline find\.\n$/],
    [['show', 'xyz', '-s', 'SHOP'], /^Expected a trace id of up to 32 hexadecimal digits, got "xyz"/],
    [['find', '-s', 'missing.json'], /^Cannot read "missing\.json": there is no such file\./],
    [
      ['find', '-s', 'zipkin+http://user:secret@127.0.0.1:9'],
      /^Zipkin at http:\/\/127\.0\.0\.1:9, \/api\/v2\/traces: /,
    ],
  ])('ends with 1 and says why: %j', async (args, message) => {
    const { code, out, error } = await call(args.map((arg) => (arg === 'SHOP' ? shop : arg)));
    expect([code, out]).toEqual([1, '']);
    expect(error).toMatch(message);
  });

  it.each(['find', 'show', 'critical-path', 'bottlenecks', 'deps', 'anomalies', 'compare', 'collector-config'])(
    'explains %s',
    async (command) => {
      const { code, out } = await call([command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: throughline ${command}`);
      expect(out).toContain('--json');
    },
  );
});
