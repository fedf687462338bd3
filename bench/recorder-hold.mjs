// What the hold of `startTracing` costs, in nanoseconds of processor time per span, over recording alone:
// `npx pnpm build && node --expose-gc bench/recorder-hold.mjs`. A request of four spans with the usual attributes; none is sampled.
// Rounds of the variants take turns. The figures are the median over the rounds of the difference in the same round, and the
// difference of the quickest rounds, which a loaded machine distorts least. The control is recording once more: what it
// differs by is noise. `bookkeeping` holds traces and remembers where their spans are, but writes no span.
import { HOLDS, makeRequests } from './hold-work.mjs';

const REQUESTS = 5000;
const SPANS = 4 * REQUESTS;
const ROUNDS = Number(process.env.ROUNDS ?? 40);

const [alone = '', ...others] = Object.keys(HOLDS);
const variants = [alone, 'control', ...others].map((name) => {
  const { hold, run } = makeRequests(name === 'control' ? alone : name);
  return { name, hold, run, times: /** @type {number[]} */ ([]) };
});

for (let round = -8; round < ROUNDS; round += 1) {
  for (const { run, times } of variants) {
    globalThis.gc?.();
    const before = process.cpuUsage();
    run(REQUESTS);
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) times.push(((user + system) * 1000) / SPANS);
  }
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
/** @param {number} value */
const signed = (value) => `${value < 0 ? '' : '+'}${value.toFixed(0)}`.padStart(8);
const base = variants[0]?.times ?? [];
console.log(`Node ${process.version}, ${ROUNDS} rounds of ${SPANS} spans, ns of processor time per span\n`);
for (const { name, hold, times } of variants) {
  const over = median(times.map((time, round) => time - (base[round] ?? Number.NaN)));
  const best = Math.min(...times) - Math.min(...base);
  const { held = 0, heldBytes = 0 } = hold?.stats() ?? {};
  const state = hold === undefined ? '' : `  ${held} held, ${Math.round(heldBytes / held)} B each`;
  console.log(`${name.padEnd(30)}${median(times).toFixed(0).padStart(6)}${signed(over)}${signed(best)}${state}`);
}
