// What one sampling decision costs, in nanoseconds of processor time, next to the SDK's own samplers in the same run:
// `npx pnpm build && node bench/sampler.mjs`. Rounds of all variants take turns, because a machine drifts within seconds;
// the figure of a variant is its median over the rounds, and the ratio is that to the SDK's variant in the same round.
import { DECISIONS, makeDecisions } from './sampler-work.mjs';

const COUNT = 200_000;
const ROUNDS = 31;

const variants = Object.entries(DECISIONS).map(([name, [, , base = '']]) => ({
  name,
  base,
  decide: makeDecisions(name),
}));
/** @type {Map<string, number[]>} */
const times = new Map(variants.map(({ name }) => [name, []]));
let kept = 0;
for (let round = -3; round < ROUNDS; round++) {
  for (const { name, decide } of variants) {
    const start = process.cpuUsage();
    kept += decide(COUNT);
    const { user, system } = process.cpuUsage(start);
    const nanoseconds = ((user + system) * 1000) / COUNT;
    if (round >= 0) times.get(name)?.push(nanoseconds);
  }
}

console.log(`Node ${process.version}, ${ROUNDS} rounds of ${COUNT} decisions (checksum ${kept})\n`);
console.log('| Decision | ns, median | ns, range | to the SDK |\n|---|---|---|---|');
for (const { name, base } of variants) {
  const own = times.get(name) ?? [];
  const ratios = own.map((time, round) => time / (times.get(base)?.[round] ?? Number.NaN));
  const range = `${Math.min(...own).toFixed(0)}–${Math.max(...own).toFixed(0)}`;
  const ratio = base === '' ? '' : median(ratios).toFixed(2);
  console.log(`| ${name} | ${median(own).toFixed(0)} | ${range} | ${ratio} |`);
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
