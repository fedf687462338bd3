// The shop of the demo while things go wrong, with tracing and, for comparison, without: users must see the same, and when it
// is over, what failed must be in the traces again:
//
//   npx pnpm test:chaos --seconds 5        how long each disturbance lasts
//   npx pnpm test:chaos --only collector   those with this in their names
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DISTURBANCES } from './disturbances.mjs';
import { checkFullDisk } from './full-disk.mjs';
import { startShop } from './shop.mjs';

/** @type {typeof import('../../examples/shop/src/demo/load.ts')} */
const { startLoad } = await import(new URL('../../examples/shop/dist/demo/load.js', import.meta.url).href);
/** @typedef {import('../../examples/shop/src/demo/trace.ts').Answer} Answer */

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, only: { type: 'string', default: '' } },
});
const seconds = Number(values.seconds);
const chosen = Object.entries(DISTURBANCES).filter(([name]) => name.includes(values.only));
if (!(seconds > 0) || chosen.length === 0) {
  console.error('Usage: npx pnpm test:chaos [--seconds <number>] [--only <text>]');
  process.exit(2);
}
/** Connections come back, and what waited is done, in this time. */
const RECOVERY_MS = 3000;
/** Spans wait for 5 s to be sent with others, and again for a collector that was busy. */
const EXPORT_MS = 20_000;
/** The shop works like this while nothing is wrong: payments fail now and then, by intention. */
const CALM = new Set(['search 200', 'popular search 200', 'checkout 201', 'checkout 502']);
/** @type {string[]} */
const problems = [];
let tooBusy = '';

const day = new Date().toISOString().slice(0, 10);
console.log(`${day}, ${seconds} s each, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}\n`);
const traced = await run(true);
// Where users must see nothing at all, there is nothing to compare with.
const untraced = chosen.every(([, { ours }]) => ours) ? undefined : await run(false);
console.log(
  '| what goes wrong | users see | without tracing | afterwards | traces of what failed |\n| --- | --- | --- | --- | --- |',
);
for (const [name, { ours }] of chosen) {
  const [seen, control] = [traced.get(name), untraced?.get(name)];
  if (seen === undefined) continue;
  const expected = ours ? CALM : new Set([...CALM, ...(control?.during.keys() ?? [])]);
  for (const outcome of seen.during.keys()) if (!expected.has(outcome)) problems.push(`${name}: users see ${outcome}`);
  for (const outcome of seen.after.keys())
    if (!CALM.has(outcome)) problems.push(`${name}: afterwards users see ${outcome}`);
  if (seen.found < seen.wanted)
    problems.push(`${name}: ${seen.wanted - seen.found} of ${seen.wanted} traces are missing afterwards`);
  if (seen.absurd > 0) problems.push(`${name}: ${seen.absurd} spans took less than no time, or an hour`);
  console.log(
    `| ${name} | ${shown(seen.during)} | ${control === undefined ? '–' : shown(control.during)} | ${shown(seen.after)} | ${seen.found} of ${seen.wanted} |`,
  );
}
problems.push(...(await checkFullDisk()));
if (tooBusy !== '') {
  console.error(`This machine is too busy to tell: ${tooBusy}.`);
  process.exit(3);
}
for (const problem of problems) console.error(`✗ ${problem}`);
if (problems.length === 0)
  console.log('✓ users see nothing of tracing, whatever goes wrong, and afterwards every failure has its trace');
process.exit(problems.length === 0 ? 0 : 1);

/** Everything that can go wrong, one after the other. @param {boolean} traced */
async function run(traced) {
  const shop = await startShop(traced);
  /** @type {Answer[]} */
  let answers = [];
  const load = startLoad(shop.url, (answer) => answers.push(answer));
  /** @type {Map<string, { during: Map<string, number>, after: Map<string, number>, wanted: number, found: number, absurd: number }>} */
  const results = new Map();
  try {
    await delay(2000);
    answers = [];
    await delay(4000);
    const [unusual] = [...outcomes(answers).keys()].filter((outcome) => !CALM.has(outcome));
    if (unusual !== undefined) tooBusy = `when nothing is wrong, users see ${unusual}`;
    for (const [name, { begin, end }] of chosen) {
      answers = [];
      shop.traces.clear();
      await begin(shop);
      await delay(seconds * 1000);
      await end(shop);
      await delay(RECOVERY_MS);
      const during = outcomes(answers);
      answers = [];
      // Long enough for some payments to fail on purpose; a trace that failed must be kept, by everybody in it.
      await delay(Math.max(5000, seconds * 1000));
      const later = answers;
      const failed = later.filter(({ status }) => status === 502);
      /** @type {typeof failed} */
      let found = [];
      for (const patience = performance.now() + EXPORT_MS; performance.now() < patience; await delay(500)) {
        const roots = new Set(
          [...shop.traces.values()].flat().flatMap((span) => (span.parentSpanId === undefined ? [span.requestId] : [])),
        );
        found = failed.filter(({ requestId }) => roots.has(requestId));
        if (!traced || found.length === failed.length) break;
      }
      const spans = [...shop.traces.values()].flat();
      results.set(name, {
        during,
        after: outcomes(later),
        wanted: traced ? failed.length : 0,
        found: traced ? found.length : 0,
        absurd: spans.filter(({ durationMs }) => durationMs < 0 || durationMs > 3_000_000).length,
      });
    }
  } finally {
    await load.stop();
    await shop.stop();
  }
  return results;
}

/** @param {readonly Answer[]} answers */
function outcomes(answers) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { scenario, status } of answers) {
    const outcome = `${scenario} ${status ?? 'without an answer'}`;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

/** @param {Map<string, number>} counts */
function shown(counts) {
  return [...counts]
    .sort()
    .map(([outcome, count]) => `${outcome} ×${count}`)
    .join(', ');
}
