// Is every trace whole that fails or is slow? Random call trees over real processes, once for each way to tell others:
//
//   npx pnpm test:trees                     all modes, 20 trees of each scenario
//   npx pnpm test:trees --mode full --trees 100 --seed 7
import { parseArgs } from 'node:util';
import { startFleet } from './fleet.mjs';
import { Random, SCENARIOS, SLOW_MS } from './plan.mjs';
import { startSink } from './sink.mjs';
import { costOf, delayLimit, interesting, judge, quantile, shortcomings } from './verdict.mjs';

const SECRET = 'call trees know each other';
const HOLD_MS = 4000;
/** How the services tell each other. @type {Record<string, Pick<import('@throughline/sdk').SamplingOptions, 'peers'>>} */
const MODES = {
  'local only': {},
  'up only': { peers: { secret: SECRET, push: false } },
  full: { peers: { secret: SECRET } },
};

const { values } = parseArgs({
  options: {
    mode: { type: 'string' },
    trees: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [count, seed] = [Number(values.trees), Number(values.seed)];
const modes = Object.keys(MODES).filter((mode) => values.mode === undefined || mode === values.mode);
if (modes.length === 0 || !(count > 0) || !Number.isInteger(seed)) {
  console.error(
    `Usage: npx pnpm test:trees [--mode '${Object.keys(MODES).join("'|'")}'] [--trees <number>] [--seed <number>]`,
  );
  process.exit(2);
}
console.log(`${count} trees of each scenario, seed ${seed}`);
/** @type {string[]} */
const problems = [];
for (const mode of modes) await simulate(mode);
for (const problem of problems) console.error(`✗ ${problem}`);
if (problems.length === 0)
  console.log('✓ every trace that fails or is slow is whole, and of all others nothing or everything is kept');
process.exit(problems.length === 0 ? 0 : 1);

/** @param {string} mode */
async function simulate(mode) {
  const random = new Random(seed);
  const sink = await startSink();
  /** @type {import('./fleet.mjs').Handled[]} */
  const handled = [];
  let lastHandled = Date.now();
  const fleet = await startFleet(
    sink.url,
    { ratio: 0.01, keep: { slowerThan: SLOW_MS, hold: HOLD_MS }, ...MODES[mode] },
    (each) => {
      handled.push(each);
      lastHandled = Date.now();
    },
  );
  try {
    const trees = Object.keys(SCENARIOS).flatMap((scenario) =>
      Array.from({ length: count }, (_, index) => ({
        scenario,
        key: `${scenario} ${index}`,
        node: SCENARIOS[scenario]?.(random),
      })),
    );
    await runAll(shuffled(trees, random), 10, async ({ key, node }) => {
      const instances = fleet.fleet[node?.service ?? 0] ?? [];
      const response = await fetch(`${random.of(instances)}/work`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ node, key }),
      });
      await response.text().catch(() => 'the stream broke, as planned');
    });
    // What was detached may go on; then everything that is held must be decided and sent.
    while (Date.now() - lastHandled < HOLD_MS + 2000) await new Promise((resolve) => setTimeout(resolve, 100));
    const results = await fleet.results();
    const scenarios = new Map(trees.map(({ key, scenario }) => [key, scenario]));
    report(mode, judge(scenarios, handled, sink.traces, results), results, sink.bytes());
  } finally {
    await fleet.end();
    sink.close();
  }
}

/**
 * @param {string} mode
 * @param {ReturnType<typeof judge>} judged
 * @param {readonly import('./fleet.mjs').Result[]} results
 * @param {number} exported
 */
function report(mode, judged, results, exported) {
  const titles = ['traces', 'complete', 'partial', 'lost', 'B a trace', 'delay p50', 'delay p99'];
  console.log(`\n${mode}\n${line(['scenario', ...titles])}`);
  const named = [...Object.keys(SCENARIOS), 'ordinary, but late'].flatMap((scenario) => {
    const row = judged.rows.get(scenario);
    return row === undefined ? [] : [{ scenario, row }];
  });
  for (const { scenario, row } of [...named, { scenario: 'all interesting', row: interesting(judged.rows) }]) {
    const { traces, complete, partial, lost, wireBytes, delaysMs } = row;
    const delays = [0.5, 0.99].map((share) => (delaysMs.length === 0 ? '–' : `${quantile(delaysMs, share)} ms`));
    console.log(
      line([scenario, traces, complete, partial, lost, Math.round(wireBytes / Math.max(1, traces)), ...delays]),
    );
  }
  const cost = costOf(results, judged.edges);
  const { responseBytes, edgeBytes, newsBytes, newsAtOnce, busyBytes, lateMs } = cost;
  console.log(`bytes on the wire: ${responseBytes.toFixed(0)} a response in headers, ${exported} for spans;`);
  if (newsAtOnce > 0)
    console.log(
      `  in messages ${edgeBytes.toFixed(0)} a kept trace and edge, ${newsBytes.toFixed(0)} for each peer told of a trace, HTTP both ways included, ` +
        `with ${newsAtOnce.toFixed(1)} traces at once; that is ${busyBytes.toFixed(0)} with ten at once`,
    );
  console.log(
    `timers were ${lateMs.toFixed(0)} ms late at the 99th percentile: the last span may come after ${Math.round(delayLimit(lateMs))} ms`,
  );
  const wrong = mode === 'full' ? shortcomings(judged, cost) : [];
  if (mode !== 'full' && judged.duplicates > 0) wrong.push(`${judged.duplicates} spans were exported twice`);
  problems.push(...wrong.map((problem) => `${mode}: ${problem}`));
}

/** @param {readonly (string | number | undefined)[]} cells */
function line([first, ...rest]) {
  return `${String(first).padEnd(28)}${rest.map((cell) => String(cell).padStart(10)).join('')}`;
}

/** @template Item @param {readonly Item[]} items @param {number} atOnce @param {(item: Item) => Promise<void>} run */
async function runAll(items, atOnce, run) {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await run(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** @template Item @param {readonly Item[]} items @param {Random} random @returns {Item[]} */
function shuffled(items, random) {
  return items
    .map((item) => ({ item, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
