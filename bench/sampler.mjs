// What one sampling decision costs, in nanoseconds of processor time, next to the SDK's own samplers in the same run:
// `npx pnpm build && node bench/sampler.mjs`. Rounds of all variants take turns, because a machine drifts within seconds;
// the figure of a variant is its median over the rounds, and the ratio is that to the SDK's variant in the same round.
import { randomBytes } from 'node:crypto';
import { createTraceState, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-node';
import * as sampling from '@throughline/sampling';

const DECISIONS = 200_000;
const ROUNDS = 31;

const ids = Array.from({ length: 4096 }, () => randomBytes(16).toString('hex'));
const attributes = { 'http.request.method': 'GET', 'url.path': '/api/orders/17', 'http.route': '/api/orders/:id' };
const stock = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) });
const own = sampling.consistentSampler({ ratio: 0.01 });
const rules = [
  { route: '/api/payments/*', ratio: 1 },
  { route: '/health', ratio: 0 },
  { route: '/api/:collection/:id', method: 'GET', ratio: 0.1 },
];

/** @param {number} traceFlags @param {string} [state] */
const parents = (traceFlags, state) =>
  ids.map((traceId) =>
    trace.setSpanContext(ROOT_CONTEXT, {
      traceId,
      spanId: '00f067aa0ba902b7',
      traceFlags,
      isRemote: true,
      ...(state !== undefined && { traceState: createTraceState(state) }),
    }),
  );
const roots = ids.map(() => ROOT_CONTEXT);
const plain = parents(TraceFlags.SAMPLED);
const withThreshold = parents(TraceFlags.SAMPLED, 'ot=th:0,other=1');
const contradicting = parents(TraceFlags.NONE, 'ot=th:0,other=1');

/** @type {[name: string, sampler: { shouldSample: Function }, contexts: object[], base: string][]} */
const variants = [
  ['SDK root', stock, roots, 'SDK root'],
  ['root: ratio', own, roots, 'SDK root'],
  ['root: 3 rules', sampling.ruleSampler({ ratio: 0.01, rules }), roots, 'SDK root'],
  ['root: rate limit', sampling.rateLimitSampler({ perSecond: 50 }), roots, 'SDK root'],
  ['root: adaptive', sampling.adaptiveSampler({ target: 50 }), roots, 'SDK root'],
  ['SDK child', stock, plain, 'SDK child'],
  ['child', own, plain, 'SDK child'],
  ['SDK child with tracestate', stock, withThreshold, 'SDK child with tracestate'],
  ['child with th', own, withThreshold, 'SDK child with tracestate'],
  ['child, th contradicts', own, contradicting, 'SDK child with tracestate'],
];
/** @type {Map<string, number[]>} */
const times = new Map(variants.map(([name]) => [name, []]));
let kept = 0;
for (let round = -3; round < ROUNDS; round++) {
  for (const [name, sampler, contexts] of variants) {
    const start = process.cpuUsage();
    for (let index = 0; index < DECISIONS; index++) {
      const at = index & 4095;
      kept += sampler.shouldSample(contexts[at], ids[at], 'GET', SpanKind.SERVER, attributes, []).decision;
    }
    const { user, system } = process.cpuUsage(start);
    const nanoseconds = ((user + system) * 1000) / DECISIONS;
    if (round >= 0) times.get(name)?.push(nanoseconds);
  }
}

console.log(`Node ${process.version}, ${ROUNDS} rounds of ${DECISIONS} decisions (checksum ${kept})\n`);
console.log('| Decision | ns, median | ns, range | to the SDK |\n|---|---|---|---|');
for (const [name, , , base] of variants) {
  const own = times.get(name) ?? [];
  const ratios = own.map((time, round) => time / (times.get(base)?.[round] ?? Number.NaN));
  const range = `${Math.min(...own).toFixed(0)}–${Math.max(...own).toFixed(0)}`;
  console.log(`| ${name} | ${median(own).toFixed(0)} | ${range} | ${median(ratios).toFixed(2)} |`);
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
