import { diag } from '@opentelemetry/api';
import { rateLimitSampler } from '@throughline/sampling';
import { expect, it, vi } from 'vitest';
import { decideChild, decideRoot, weightOf } from './decision.ts';
import { randomNumbers, traceIds } from './random-ids.ts';

const PER_SECOND = 50;

/** A service with a clock of its own: so many requests a second, at random moments. */
function traffic(options: Parameters<typeof rateLimitSampler>[0], seed: number) {
  let timeMs = 1000;
  const sampler = rateLimitSampler({ perSecond: PER_SECOND, now: () => timeMs, ...options });
  const random = randomNumbers(seed);
  const nextId = traceIds(seed);
  return {
    sampler,
    setTime: (ms: number) => {
      timeMs = ms;
    },
    run(perSecond: number, seconds: number, path = '/') {
      const result = { requests: 0, kept: 0, counted: 0, variance: 0 };
      for (const end = timeMs + seconds * 1000; ; ) {
        timeMs += (-Math.log(1 - random()) * 1000) / perSecond;
        if (timeMs >= end) {
          timeMs = end;
          return result;
        }
        const weight = weightOf(decideRoot(sampler, nextId(), { 'url.path': path }));
        result.requests += 1;
        if (weight === 0) continue;
        result.kept += 1;
        result.counted += weight;
        result.variance += weight * (weight - 1);
      }
    },
  };
}

it('keeps everything while there is less than the limit', () => {
  const { requests, kept } = traffic({}, 1).run(PER_SECOND / 2, 200);
  expect(requests).toBeGreaterThan(4500);
  expect(kept / requests).toBeGreaterThan(0.999);
});

it.each([60, 100, 500, 5000, 20_000])('keeps as many as the limit says of %d requests a second', (perSecond) => {
  const service = traffic({}, 2);
  service.run(perSecond, 3);
  const { kept } = service.run(perSecond, 20);
  expect(kept / 20).toBeGreaterThan(PER_SECOND * 0.88);
  expect(kept / 20).toBeLessThan(PER_SECOND * 1.12);
});

it.each([0.1, 1, 3])('keeps %d traces a second in the long run', (limit) => {
  const service = traffic({ perSecond: limit }, 3);
  service.run(100, 30);
  const seconds = 300 / limit;
  const { kept } = service.run(100, seconds);
  expect(Math.abs(kept - 300)).toBeLessThan(4 * Math.sqrt(300));
});

it('bounds what a burst gets, however large it is', () => {
  const service = traffic({}, 4);
  service.run(10, 10);
  const first = service.run(PER_SECOND * 1000, 1);
  const second = service.run(PER_SECOND * 1000, 1);
  expect(first.kept).toBeGreaterThan(PER_SECOND);
  expect(first.kept).toBeLessThan(PER_SECOND * 2.4);
  expect(second.kept).toBeLessThan(PER_SECOND * 1.5);
});

it('states shares from which the requests can be counted, through bursts and lulls', () => {
  const service = traffic({}, 5);
  const total = { requests: 0, counted: 0, variance: 0 };
  for (const perSecond of [10, 3000, 40, 800, 20_000, 100, 10, 5000]) {
    const { requests, counted, variance } = service.run(perSecond, 10);
    expect(Math.abs(counted - requests), `at ${perSecond}/s`).toBeLessThanOrEqual(3 * Math.sqrt(variance) + 1e-6);
    total.requests += requests;
    total.counted += counted;
    total.variance += variance;
  }
  expect(Math.abs(total.counted - total.requests)).toBeLessThan(3 * Math.sqrt(total.variance));
});

it('reduces the shares of rules alike and keeps them consistent', () => {
  const service = traffic(
    {
      ratio: 0.1,
      rules: [
        { route: '/pay', ratio: 1 },
        { route: '/health', ratio: 0 },
      ],
    },
    6,
  );
  service.run(2000, 5, '/pay');
  const pay = service.run(1000, 10, '/pay');
  const rest = service.run(1000, 10, '/');
  expect(pay.kept / 10).toBeLessThan(PER_SECOND * 1.15);
  expect(rest.kept / 10).toBeLessThan(PER_SECOND * 1.15);
  expect(service.run(100, 10, '/health').kept).toBe(0);
});

it('gets over a clock that goes backwards, jumps ahead, or shows no number', () => {
  const service = traffic({}, 7);
  service.run(5000, 3);
  for (const jump of [-1e9, 0, 1e12, Number.NaN, Number.POSITIVE_INFINITY, 5]) {
    service.setTime(jump);
    const traceId = traceIds(8);
    let kept = 0;
    for (let index = 0; index < 5000; index++) kept += decideRoot(service.sampler, traceId()).decision / 2;
    expect(kept, `after a jump to ${jump}`).toBeLessThan(PER_SECOND * 2);
    service.setTime(1e6);
    service.run(5000, 3);
    const { kept: later } = service.run(5000, 5);
    expect(later / 5, `after a jump to ${jump}`).toBeGreaterThan(PER_SECOND * 0.8);
    expect(later / 5, `after a jump to ${jump}`).toBeLessThan(PER_SECOND * 1.2);
  }
});

it('uses the default ratio when the clock throws', () => {
  const error = vi.spyOn(diag, 'error').mockImplementation(() => {});
  let broken = false;
  const now = () => {
    if (broken) throw new Error('no time');
    return 0;
  };
  const sampler = rateLimitSampler({ ratio: 0, now });
  broken = true;
  expect(decideRoot(sampler, 'f'.repeat(32)).decision).toBe(0);
  expect(error).toHaveBeenCalledOnce();
  error.mockRestore();
});

it('does not count spans with a parent', () => {
  const { sampler, run } = traffic({}, 9);
  for (let index = 0; index < 10_000; index++) {
    expect(decideChild(sampler, 'f'.repeat(32), { flags: 1, isRemote: true }).decision).toBe(2);
  }
  expect(run(10, 1).kept).toBeGreaterThan(5);
});

it.each([
  [{ perSecond: 0 }, '[sampling] Expected `perSecond` to be a number above 0, got 0.'],
  [{ perSecond: Number.POSITIVE_INFINITY }, 'got Infinity.'],
  [{ perSecond: '50' }, 'got the string "50".'],
  [
    { persecond: 50 },
    '[sampling] There is no option `persecond`. Use one of `ratio`, `record`, `rules`, `now`, `perSecond`.',
  ],
])('rejects the options %j', (options, message) => {
  expect(() => rateLimitSampler(options as object)).toThrow(message);
});
