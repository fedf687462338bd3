import { diag, SpanStatusCode } from '@opentelemetry/api';
import { type AdaptiveSamplerOptions, adaptiveSampler, type ObservedSpan } from '@throughline/sampling';
import { expect, it, vi } from 'vitest';
import { RouteTable } from '../src/route-table.ts';
import { decideRoot, weightOf } from './decision.ts';
import { randomNumbers, traceIds } from './random-ids.ts';

/** A service with a clock of its own: requests of several routes at random moments, each at so many a second. */
function traffic(options: AdaptiveSamplerOptions, seed: number) {
  let timeMs = 1000;
  const sampler = adaptiveSampler({ now: () => timeMs, ...options });
  const random = randomNumbers(seed);
  const nextId = traceIds(seed);
  return {
    sampler,
    setTime: (ms: number) => {
      timeMs = ms;
    },
    run(perSecond: Record<string, number>, seconds: number) {
      const names = Object.keys(perSecond);
      const all = Object.values(perSecond).reduce((sum, rate) => sum + rate, 0);
      const results = names.map((name) => ({ name, requests: 0, kept: 0, counted: 0, variance: 0 }));
      for (const end = timeMs + seconds * 1000; ; ) {
        timeMs += (-Math.log(1 - random()) * 1000) / all;
        if (timeMs >= end) {
          timeMs = end;
          return Object.fromEntries(results.map((result) => [result.name, result]));
        }
        let index = 0;
        for (let rest = random() * all; index < names.length - 1; index++) {
          rest -= perSecond[names[index] as string] as number;
          if (rest < 0) break;
        }
        const result = results[index] as (typeof results)[number];
        const weight = weightOf(decideRoot(sampler, nextId(), { 'url.path': '/' }, result.name));
        result.requests += 1;
        if (weight === 0) continue;
        result.kept += 1;
        result.counted += weight;
        result.variance += weight * (weight - 1);
      }
    },
  };
}

it('keeps as many traces of a busy route as of a rare one, and all of one below the target', () => {
  const service = traffic({ target: 5 }, 1);
  const rates = { busy: 2000, usual: 50, rare: 1 };
  service.run(rates, 10);
  const { busy, usual, rare } = service.run(rates, 60);
  expect((busy?.kept ?? 0) / 60).toBeGreaterThan(4);
  expect((busy?.kept ?? 0) / 60).toBeLessThan(6);
  expect((usual?.kept ?? 0) / 60).toBeGreaterThan(4);
  expect((usual?.kept ?? 0) / 60).toBeLessThan(6);
  expect(rare?.kept).toBe(rare?.requests);
});

it('follows the traffic up and down within a few seconds', () => {
  const service = traffic({ target: 10 }, 2);
  service.run({ a: 20 }, 10);
  const burst = service.run({ a: 5000 }, 1).a?.kept ?? 0;
  // Of 5,000 requests; the sampler knows of the burst as it comes, not a window later.
  expect(burst).toBeLessThan(140);
  service.run({ a: 5000 }, 10);
  expect((service.run({ a: 5000 }, 20).a?.kept ?? 0) / 20).toBeLessThan(12);
  service.run({ a: 8 }, 15);
  const calm = service.run({ a: 8 }, 30).a;
  expect((calm?.kept ?? 0) / (calm?.requests ?? 0)).toBeGreaterThan(0.9);
});

it('states shares from which the requests of every route can be counted', () => {
  const service = traffic({ target: 5 }, 3);
  for (const rates of [
    { a: 100, b: 1 },
    { a: 3000, b: 10 },
    { a: 20, b: 500 },
  ] as Record<string, number>[]) {
    for (const { name, requests, counted, variance } of Object.values(service.run(rates, 20))) {
      expect(Math.abs(counted - requests), name).toBeLessThanOrEqual(3 * Math.sqrt(variance) + 1e-6);
    }
  }
});

it('reduces what rules give, and never raises it', () => {
  const service = traffic({ target: 5, ratio: 0.02 }, 4);
  const { a } = service.run({ a: 100 }, 200);
  expect((a?.kept ?? 0) / 200).toBeGreaterThan(1.6);
  expect((a?.kept ?? 0) / 200).toBeLessThan(2.4);
  expect(traffic({ ratio: 0 }, 4).run({ a: 100 }, 5).a?.kept).toBe(0);
});

it('counts together what the key says', () => {
  const service = traffic({ target: 5, key: ({ name }) => name.slice(0, 1) }, 5);
  service.run({ a1: 100, a2: 100, b1: 100 }, 10);
  const { a1, a2, b1 } = service.run({ a1: 100, a2: 100, b1: 100 }, 60);
  expect(((a1?.kept ?? 0) + (a2?.kept ?? 0)) / 60).toBeLessThan(6);
  expect((b1?.kept ?? 0) / 60).toBeGreaterThan(4);
});

it('raises the target of a route that fails, until it recovers', () => {
  const service = traffic({ target: 5, errors: { above: 0.1, times: 4 } }, 6);
  const { observer } = service.sampler;
  const report = (name: string, code: SpanStatusCode, count: number) => {
    for (let index = 0; index < count; index++) {
      const span = { name, kind: 1, attributes: {}, status: { code } };
      observer.onStart(span);
      span.name = 'GET /renamed/:later';
      observer.onEnd(span);
    }
  };
  const kept = () => {
    service.run({ good: 500, bad: 500 }, 5);
    const { good, bad } = service.run({ good: 500, bad: 500 }, 30);
    return [Math.round((good?.kept ?? 0) / 30 / 5), Math.round((bad?.kept ?? 0) / 30 / 5)];
  };
  expect(kept()).toEqual([1, 1]);
  report('bad', SpanStatusCode.ERROR, 10);
  report('good', SpanStatusCode.UNSET, 10);
  expect(kept()).toEqual([1, 4]);
  report('bad', SpanStatusCode.OK, 60);
  expect(kept()).toEqual([1, 1]);
});

it('takes note of the first span of this process only, and of spans it knows', async () => {
  const { sampler, run } = traffic({ target: 5, errors: { above: 0, times: 10 } }, 7);
  const span = (isRemote: boolean | undefined): ObservedSpan => ({
    name: 'a',
    kind: 1,
    attributes: {},
    status: { code: SpanStatusCode.ERROR },
    parentSpanContext: {
      traceId: 'f'.repeat(32),
      spanId: 'f'.repeat(16),
      traceFlags: 1,
      ...(isRemote === true && { isRemote }),
    },
  });
  const child = span(undefined);
  sampler.observer.onStart(child);
  sampler.observer.onEnd(child);
  sampler.observer.onEnd(span(true));
  run({ a: 500 }, 10);
  expect((run({ a: 500 }, 20).a?.kept ?? 0) / 20).toBeLessThan(7);
  const served = span(true);
  sampler.observer.onStart(served);
  sampler.observer.onEnd(served);
  run({ a: 500 }, 10);
  expect((run({ a: 500 }, 20).a?.kept ?? 0) / 20).toBeGreaterThan(40);
  await expect(sampler.observer.forceFlush()).resolves.toBeUndefined();
  await expect(sampler.observer.shutdown()).resolves.toBeUndefined();
});

it('survives a key that throws, in the sampler and in the observer', () => {
  const error = vi.spyOn(diag, 'error').mockImplementation(() => {});
  const sampler = adaptiveSampler({
    key: () => {
      throw new Error('no key');
    },
  });
  expect(decideRoot(sampler, 'f'.repeat(32)).decision).toBe(2);
  const span = { name: 'a', kind: 1, attributes: {}, status: { code: SpanStatusCode.ERROR } };
  sampler.observer.onStart(span);
  sampler.observer.onEnd(span);
  expect(error).toHaveBeenCalledOnce();
  error.mockRestore();
});

it('knows a bounded number of routes, and forgets idle ones when there are more', () => {
  const table = new RouteTable(2, 0);
  const first = table.at('route 0', 0);
  const others = Array.from({ length: 10_000 }, (_, index) => table.at(`route ${index}`, 10));
  expect(new Set(others).size).toBe(501);
  for (let index = 1; index < 500; index++) table.at(`route ${index}`, 10).arrivals.arrive(60_000);
  const late = table.at('a new one', 61_000);
  expect(late).not.toBe(others.at(-1));
  expect(table.at('a new one', 61_000)).toBe(late);
  expect(table.at('route 1', 61_000)).toBe(others[1]);
  expect(table.at('another', 61_000)).toBe(others.at(-1));
  // Idle for a minute, but the last look at that was less than a minute ago.
  expect(table.at('yet another', 120_500)).toBe(others.at(-1));
  expect(table.at('yet another', 130_000)).not.toBe(others.at(-1));
  expect(table.at('route 0', 200_000)).not.toBe(first);
});

it('gets over a clock that goes backwards, jumps ahead, or shows no number', () => {
  const service = traffic({ target: 10 }, 8);
  service.run({ a: 5000 }, 3);
  for (const jump of [-1e9, 0, 1e12, Number.NaN, Number.POSITIVE_INFINITY, 5]) {
    service.setTime(jump);
    expect(service.sampler.shouldSample).toBeDefined();
    for (let index = 0; index < 2000; index++) decideRoot(service.sampler, 'f'.repeat(32), {}, 'a');
    service.setTime(1e6);
    service.run({ a: 1000 }, 10);
    const kept = (service.run({ a: 1000 }, 10).a?.kept ?? 0) / 10;
    expect(kept, `after a jump to ${jump}`).toBeGreaterThan(7);
    expect(kept, `after a jump to ${jump}`).toBeLessThan(13);
  }
});

it.each([
  [{ target: 0 }, '[sampling] Expected `target` to be a number above 0, got 0.'],
  [{ target: Number.NaN }, 'got NaN.'],
  [{ windowSeconds: -1 }, '[sampling] Expected `windowSeconds` to be a number above 0, got -1.'],
  [{ key: 'route' }, '[sampling] Expected `key` to be a function, got the string "route".'],
  [{ errors: true }, '[sampling] Expected `errors` to be an object, got boolean.'],
  [{ errors: { above: 5 } }, '[sampling] Expected `errors.above` to be a number from 0 to 1, got 5.'],
  [
    { errors: { factor: 5 } },
    '[sampling] There is no option `errors.factor`. Use one of `errors.above`, `errors.times`.',
  ],
  [{ perSecond: 5 }, '[sampling] There is no option `perSecond`.'],
])('rejects the options %j', (options, message) => {
  expect(() => adaptiveSampler(options as object)).toThrow(message);
});
