import { ROOT_CONTEXT as ROOT } from '@opentelemetry/api';
import { consistentSampler, ruleSampler } from '@throughline/sampling';
import { expect, it } from 'vitest';
import { decideRoot, weightOf } from './decision.ts';
import { newSeed, randomNumbers, traceIds } from './random-ids.ts';

const TRACES = 1_000_000;
const RATIOS = [0.999, 0.99, 0.9, 0.8, 2 / 3, 0.5, 0.4, 1 / 3, 0.25, 0.2, 0.1, 0.05, 0.01, 0.003, 0.001];
// The seed is another one each time, so that a sound sampler exceeds these in one of a billion runs: chi-squared with 1 and
// with 15 degrees of freedom. At a million traces that is still a share that is wrong by a third of a percent of one half.
const CRITICAL_ONE = 37.3;
const CRITICAL_ALL = 74;

it('keeps the share it says, at 15 ratios, and what it keeps at one ratio at every higher one', () => {
  const samplers = RATIOS.map((ratio) => consistentSampler({ ratio }));
  const keptByExactly = new Array<number>(RATIOS.length + 1).fill(0);
  const nextId = traceIds(newSeed());
  let inconsistent = 0;
  for (let index = 0; index < TRACES; index++) {
    const traceId = nextId();
    let keeping = 0;
    for (const sampler of samplers) {
      const { decision } = sampler.shouldSample(ROOT, traceId, 'GET', 1, {}, []);
      // Ratios fall: once one has dropped the trace, none may keep it.
      if (decision === 2 && samplers[keeping] !== sampler) inconsistent += 1;
      if (decision === 2) keeping += 1;
    }
    keptByExactly[keeping] = (keptByExactly[keeping] ?? 0) + 1;
  }
  expect(inconsistent).toBe(0);

  const bounds = [1, ...RATIOS, 0];
  const shares = keptByExactly.map((_, index) => (bounds[index] as number) - (bounds[index + 1] as number));
  expect(chiSquared(keptByExactly, shares)).toBeLessThan(CRITICAL_ALL);
  for (const [index, ratio] of RATIOS.entries()) {
    const kept = keptByExactly.slice(index + 1).reduce((sum, count) => sum + count, 0);
    expect(chiSquared([kept, TRACES - kept], [ratio, 1 - ratio]), `at ${ratio}`).toBeLessThan(CRITICAL_ONE);
  }
}, 300_000);

it('lets the kept traces of every stratum be counted up to those there were, within three standard deviations', () => {
  const ratios = { '/all': 1, '/half': 0.5, '/some': 0.1, '/few': 0.01, '/rest': 0.03, '/none': 0 };
  const rules = Object.entries(ratios)
    .filter(([route]) => route !== '/rest')
    .map(([route, ratio]) => ({ route, ratio }));
  const sampler = ruleSampler({ ratio: ratios['/rest'], rules });
  const routes = Object.keys(ratios) as (keyof typeof ratios)[];
  const random = randomNumbers(17);
  const nextId = traceIds(4711);
  const strata = new Map(routes.map((route) => [route, { traces: 0, counted: 0, variance: 0 }]));
  for (let index = 0; index < 300_000; index++) {
    const route = routes[Math.floor(random() * routes.length)] as keyof typeof ratios;
    const stratum = strata.get(route) as { traces: number; counted: number; variance: number };
    stratum.traces += 1;
    stratum.counted += weightOf(decideRoot(sampler, nextId(), { 'url.path': route }));
    stratum.variance += 1 / ratios[route] - 1;
  }
  for (const [route, { traces, counted, variance }] of strata) {
    const expected = route === '/none' ? 0 : traces;
    const deviations = route === '/none' ? counted : (counted - expected) / Math.sqrt(variance + 1e-6);
    expect(Math.abs(deviations), route).toBeLessThan(3);
  }
});

function chiSquared(counts: readonly number[], shares: readonly number[]): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, index) => {
    const expected = all * (shares[index] as number);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
}
