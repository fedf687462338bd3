// What the tail hold costs, in nanoseconds per span, over recording alone: `npx pnpm build && node --expose-gc bench/tail-hold.mjs`.
// A request of four spans with the usual attributes; the sampler samples none and records all. Rounds of the variants take
// turns, because a machine drifts within seconds; the figure is the median over the rounds of the difference in the same round.
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { holdProcessor, ruleSampler } from '@throughline/sampling';
import { serveOrder } from './shop-request.mjs';

const REQUESTS = 10_000;
const SPANS = 4 * REQUESTS;
const ROUNDS = 15;
const AIM = 300;

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const nothing = {
  onStart() {},
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};
const everyRule = { slowerThan: '1s', routes: { '/search': '300ms', '/reports/*': '5s' } };

/** @type {Map<string, import('@throughline/sampling').HoldProcessor | undefined>} */
const holds = new Map([
  ['record only', undefined],
  ['bookkeeping: a hold of 64 KB', holdProcessor({ maxBytes: 65_536 }, nothing)],
  ['the same with all rules', holdProcessor({ ...everyRule, maxBytes: 65_536 }, nothing)],
  ["the same with 'p99'", holdProcessor({ slowerThan: 'p99', maxBytes: 65_536 }, nothing)],
  ['a hold of 32 MB', holdProcessor({}, nothing)],
]);
const variants = [...holds].map(([name, hold]) => {
  const provider = new NodeTracerProvider({
    sampler: ruleSampler({ ratio: 0, record: true }),
    spanProcessors: [/** @type {any} */ (hold ?? nothing)],
  });
  return { name, hold, tracer: provider.getTracer('bench'), times: /** @type {number[]} */ ([]) };
});

for (let round = -4; round < ROUNDS; round += 1) {
  for (const { tracer, times } of variants) {
    globalThis.gc?.();
    const start = process.hrtime.bigint();
    for (let index = 0; index < REQUESTS; index += 1) serveOrder(tracer, index);
    const elapsed = Number(process.hrtime.bigint() - start) / SPANS;
    if (round >= 0) times.push(elapsed);
  }
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const alone = variants[0]?.times ?? [];
console.log(`Node ${process.version}, ${ROUNDS} rounds of ${SPANS} spans, ns per span (aim: at most +${AIM})\n`);
for (const { name, hold, times } of variants) {
  const over = median(times.map((time, round) => time - (alone[round] ?? Number.NaN)));
  const { held = 0, heldBytes = 0, kept = 0 } = hold?.stats() ?? {};
  const state = hold === undefined ? '' : `  ${held} held, ${Math.round(heldBytes / 2 ** 20)} MB, ${kept} kept`;
  console.log(`${name.padEnd(34)}${median(times).toFixed(0).padStart(6)}${`+${over.toFixed(0)}`.padStart(8)}${state}`);
}
