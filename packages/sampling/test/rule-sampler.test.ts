import { type Attributes, diag, propagation, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { type HeadSamplerOptions, ruleSampler, type SamplingRule } from '@throughline/sampling';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decideChild, decideRoot, weightOf } from './decision.ts';
import { traceIds } from './random-ids.ts';

const TRACE_ID = '0af7651916cd43dd84c0000000000000';

/** The share a sampler gives to such a request: as its kept trace says, or 0. */
function ratioFor(options: HeadSamplerOptions, attributes: Attributes): number {
  const weight = weightOf(decideRoot(ruleSampler(options), 'f'.repeat(32), attributes));
  return weight === 0 ? 0 : Math.round(1e4 / weight) / 1e4;
}

afterEach(() => vi.restoreAllMocks());

describe('rules', () => {
  const rules: SamplingRule[] = [
    { route: '/api/payments/*', ratio: 1 },
    { route: '/health', ratio: 0 },
    { route: '/orders/:id', method: ['PUT', 'delete'], ratio: 0.5 },
    { attributes: { 'http.request.header.x-tenant': 'acme' }, ratio: 0.25 },
    { attributes: { 'app.batch': true, 'app.size': 7 }, ratio: 0.2 },
    { method: 'OPTIONS', ratio: 0 },
  ];

  it.each<[Attributes, number]>([
    [{ 'url.path': '/api/payments/7' }, 1],
    [{ 'http.route': '/api/payments/:id', 'url.path': '/other' }, 1],
    [{ 'http.target': '/api/payments/7?a=b' }, 1],
    [{ 'url.path': '/health' }, 0],
    [{ 'url.path': '/orders/7', 'http.request.method': 'PUT' }, 0.5],
    [{ 'url.path': '/orders/7', 'http.request.method': 'DELETE' }, 0.5],
    [{ 'url.path': '/orders/7', 'http.method': 'PUT' }, 0.5],
    [{ 'url.path': '/orders/7', 'http.request.method': 'GET' }, 0.01],
    [{ 'url.path': '/orders/7' }, 0.01],
    [{ 'http.request.header.x-tenant': ['other', 'acme'] }, 0.25],
    [{ 'http.request.header.x-tenant': 'acme' }, 0.25],
    [{ 'http.request.header.x-tenant': ['other'] }, 0.01],
    [{ 'app.batch': true, 'app.size': 7 }, 0.2],
    [{ 'app.batch': true, 'app.size': '7' }, 0.01],
    [{ 'url.path': '/x', 'http.request.method': 'OPTIONS' }, 0],
    [{}, 0.01],
    [{ 'url.path': 7 }, 0.01],
  ])('give to a request with %j the share %d', (attributes, ratio) => {
    expect(ratioFor({ ratio: 0.01, rules }, attributes)).toBe(ratio);
  });

  it('count in their order, those with a higher priority first', () => {
    const path = { 'url.path': '/a/b' };
    const [wide, narrow] = [
      { route: '/a/*', ratio: 0.5 },
      { route: '/a/b', ratio: 0.25 },
    ];
    expect(ratioFor({ rules: [wide, narrow] }, path)).toBe(0.5);
    expect(ratioFor({ rules: [wide, { ...narrow, priority: 1 }] }, path)).toBe(0.25);
    expect(
      ratioFor(
        {
          rules: [
            { ...wide, priority: 2 },
            { ...narrow, priority: 1 },
          ],
        },
        path,
      ),
    ).toBe(0.5);
    expect(ratioFor({ rules: [{ ...wide, priority: -1 }, narrow] }, path)).toBe(0.25);
  });

  it('apply to any number of routes, however often each is asked for', () => {
    const options = { ratio: 0.01, rules: [{ route: '/even/*', ratio: 0.5 }] };
    const sampler = ruleSampler(options);
    const routes = Array.from({ length: 1200 }, (_, index) => `/${index % 2 === 0 ? 'even' : 'odd'}/${index}`);
    routes.push(`/even/${'long'.repeat(1000)}`);
    for (const route of [...routes, ...routes]) {
      const weight = weightOf(decideRoot(sampler, 'f'.repeat(32), { 'http.route': route }));
      expect(weight, route.slice(0, 20)).toBeCloseTo(route.startsWith('/even') ? 2 : 100, 2);
    }
  });

  it('take no route or path of a call for one of a request', () => {
    const sampler = ruleSampler({ ratio: 1, rules: [{ route: '/health', ratio: 0 }] });
    const decide = (kind: SpanKind) =>
      sampler.shouldSample(ROOT_CONTEXT, TRACE_ID, 'GET', kind, { 'url.path': '/health' }, []).decision;
    expect([decide(SpanKind.CLIENT), decide(SpanKind.SERVER)]).toEqual([2, 0]);
  });

  it('do not count for a span with a parent', () => {
    const sampler = ruleSampler({ ratio: 1, rules: [{ method: 'GET', ratio: 0 }] });
    expect(decideChild(sampler, TRACE_ID, { flags: 1, isRemote: true }).decision).toBe(2);
  });

  it('keep at least so many traces a second, and say the true share', () => {
    let timeMs = 0;
    const sampler = ruleSampler({
      rules: [{ route: '/rare', ratio: 0.01, atLeast: 2 }],
      now: () => timeMs,
    });
    const nextId = traceIds(3);
    const run = (perSecond: number, seconds: number) => {
      let [kept, counted] = [0, 0];
      for (let index = 0; index < perSecond * seconds; index++) {
        timeMs += 1000 / perSecond;
        const weight = weightOf(decideRoot(sampler, nextId(), { 'url.path': '/rare' }));
        kept += weight > 0 ? 1 : 0;
        counted += weight;
      }
      return { perSecond: kept / seconds, counted: counted / (perSecond * seconds) };
    };
    expect(run(1, 100).perSecond).toBe(1);
    run(20, 60);
    const busy = run(20, 2000);
    expect(busy.perSecond).toBeGreaterThan(1.85);
    expect(busy.perSecond).toBeLessThan(2.15);
    expect(Math.abs(busy.counted - 1)).toBeLessThan(0.07);
    run(1000, 60);
    expect(run(1000, 100).perSecond).toBeGreaterThan(9);
  });
});

describe('a function', () => {
  it('gives a share, or leaves it to the default', () => {
    const rules: HeadSamplerOptions['rules'] = ({ path }) => (path === '/a' ? 0.5 : undefined);
    expect(ratioFor({ ratio: 0.25, rules }, { 'url.path': '/a' })).toBe(0.5);
    expect(ratioFor({ ratio: 0.25, rules }, { 'url.path': '/b' })).toBe(0.25);
  });

  it('sees the span and the baggage of the request, and nothing random', () => {
    const seen: unknown[] = [];
    const sampler = ruleSampler({
      rules: (candidate) => {
        const { name, kind, method, route, path, attributes, context } = candidate;
        const tenant = propagation.getBaggage(context)?.getEntry('tenant')?.value;
        seen.push({ name, kind, method, route, path, attributes, tenant });
        expect(JSON.stringify(candidate)).not.toContain(TRACE_ID);
        return 1;
      },
    });
    const parent = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ tenant: { value: 'acme' } }));
    const attributes = { 'http.request.method': 'GET', 'http.route': '/a/:id', 'url.path': '/a/7' };
    decideRoot(sampler, TRACE_ID, attributes, 'GET /a/:id', parent);
    const expected = { name: 'GET /a/:id', kind: SpanKind.SERVER, method: 'GET', route: '/a/:id', path: '/a/7' };
    expect(seen).toEqual([{ ...expected, attributes, tenant: 'acme' }]);
  });

  it.each([
    ['throws', 'no tenant', () => 1],
    ['returns NaN', 'NaN', () => Number.NaN],
    ['returns more than 1', '2', () => 2],
    ['returns a text', '0.5', () => '0.5'],
    ['returns a promise', '[object Promise]', () => Promise.reject(new Error('unhandled'))],
  ])('that %s leaves it to the default, and that is reported once', (what, text, returned) => {
    const error = vi.spyOn(diag, 'error').mockImplementation(() => {});
    const rules = () => {
      if (what === 'throws') throw new Error('no tenant');
      return returned() as unknown as number;
    };
    const sampler = ruleSampler({ ratio: 0.5, rules });
    const nextId = traceIds(1);
    let kept = 0;
    for (let index = 0; index < 1000; index++) kept += decideRoot(sampler, nextId()).decision / 2;
    expect(kept).toBeGreaterThan(400);
    expect(kept).toBeLessThan(600);
    expect(error.mock.calls).toEqual([[expect.stringContaining(text)]]);
  });

  it('may return any number of ratios, each of which its traces state', () => {
    const nextId = traceIds(5);
    let calls = 0;
    const sampler = ruleSampler({ rules: () => ++calls / 30_000 });
    let counted = 0;
    for (let index = 0; index < 20_000; index++) counted += weightOf(decideRoot(sampler, nextId()));
    expect(Math.abs(counted / 20_000 - 1)).toBeLessThan(0.15);
  });
});

it.each([
  [{ rules: { route: '/a' } }, '[sampling] Expected `rules` to be an array of rules or a function, got object.'],
  [{ rules: [null] }, '[sampling] Expected `rules[0]` to be an object with a `ratio`.'],
  [{ rules: [{ route: '/a' }] }, '[sampling] `rules[0]` has no `ratio`. Give it one from 0 to 1.'],
  [{ rules: [{ ratio: 1 }] }, '[sampling] `rules[0]` applies to every trace. Give it a `route`, a `method`'],
  [{ rules: [{ ratio: 1, attributes: {} }] }, '`rules[0]` applies to every trace.'],
  [
    {
      rules: [
        { route: '/a', ratio: 1 },
        { route: '/b', ratio: 1.5 },
      ],
    },
    '[sampling] Expected `rules[1].ratio` to be a number from 0 to 1, got 1.5.',
  ],
  [{ rules: [{ route: 'api', ratio: 1 }] }, '[sampling] Expected `rules[0].route` to be a route pattern that starts'],
  [{ rules: [{ route: /api/, ratio: 1 }] }, '`rules[0].route` to be a route pattern that starts with `/`'],
  [{ rules: [{ path: '/a', ratio: 1 }] }, '[sampling] There is no option `rules[0].path`. Use one of `rules[0].ratio`'],
  [{ rules: [{ method: [], ratio: 1 }] }, '`rules[0].method` to be a method such as GET, or a non-empty array'],
  [{ rules: [{ method: 'GET POST', ratio: 1 }] }, 'got the string "GET POST".'],
  [{ rules: [{ attributes: { a: [1] }, ratio: 1 }] }, '`rules[0].attributes` to be an object with strings, numbers'],
  [{ rules: [{ route: '/a', ratio: 1, atLeast: 0 }] }, '`rules[0].atLeast` to be a number above 0, got 0.'],
  [{ rules: [{ route: '/a', ratio: 1, priority: Number.NaN }] }, '`rules[0].priority` to be a number, got NaN.'],
  [{ now: 1 }, '[sampling] Expected `now` to be a function, got 1.'],
])('rejects the options %j', (options, message) => {
  expect(() => ruleSampler(options as object)).toThrow(message);
});
