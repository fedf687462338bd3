// Is every trace whole that fails or is slow? Random call trees over real processes, once for each way to tell others:
//
//   npx pnpm test:trees                     all modes, 20 trees of each scenario
//   npx pnpm test:trees --mode full --trees 100 --seed 7
import { parseArgs } from 'node:util';
import { startFleet } from './fleet.mjs';
import { Random, SCENARIOS, SLOW_MS } from './plan.mjs';
import { startSink } from './sink.mjs';
import { judge, quantile } from './verdict.mjs';

const SECRET = 'call trees know each other';
const HOLD_MS = 4000;
/** How the services tell each other. @type {Record<string, Pick<import('@throughline/sdk').SamplingOptions, 'peers'>>} */
const MODES = {
  'local only': {},
  'up only': { peers: { secret: SECRET, push: false } },
  full: { peers: { secret: SECRET } },
};
/** What `full` must reach, from the design of tail sampling. */
const LIMITS = { delayMs: 1000, responseBytes: 110, edgeBytes: 40 };

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
    report(mode, judge(new Map(trees.map(({ key, scenario }) => [key, scenario])), handled, sink.traces), results, {
      exported: sink.bytes(),
      responses: handled.length,
    });
  } finally {
    await fleet.end();
    sink.close();
  }
}

/**
 * @param {string} mode
 * @param {ReturnType<typeof judge>} verdict
 * @param {readonly import('./fleet.mjs').Result[]} results
 * @param {{ exported: number, responses: number }} counts
 */
function report(mode, { rows, duplicates, edges }, results, { exported, responses }) {
  console.log(`\n${mode}\n${line(['scenario', 'traces', 'complete', 'partial', 'lost', 'delay p50', 'delay p99'])}`);
  for (const [scenario, row] of rows) {
    const delays = [0.5, 0.99].map((share) =>
      row.delaysMs.length === 0 ? '–' : `${quantile(row.delaysMs, share)} ms`,
    );
    console.log(line([scenario, row.traces, row.complete, row.partial, row.lost, ...delays]));
  }
  const interesting = [...rows].filter(([scenario]) => scenario !== 'ordinary').map(([, row]) => row);
  const delays = interesting.flatMap(({ delaysMs }) => delaysMs);
  const total = (/** @type {'traces' | 'complete' | 'partial' | 'lost'} */ key) =>
    interesting.reduce((sum, row) => sum + row[key], 0);
  console.log(
    line([
      'all interesting',
      total('traces'),
      total('complete'),
      total('partial'),
      total('lost'),
      `${quantile(delays, 0.5)} ms`,
      `${quantile(delays, 0.99)} ms`,
    ]),
  );
  const headerBytes = results.reduce((sum, result) => sum + result.headerBytes, 0);
  const pushBytes = results.reduce((sum, result) => sum + result.pushBytes, 0);
  const perResponse = headerBytes / responses;
  const perEdge = pushBytes / Math.max(1, edges);
  console.log(
    `exported ${exported} bytes · ${perResponse.toFixed(0)} bytes a response · ${perEdge.toFixed(1)} bytes a kept trace and edge, with HTTP's own headers`,
  );
  if (duplicates > 0) problems.push(`${mode}: ${duplicates} spans were exported twice`);
  if (mode !== 'full') return;
  const incomplete = total('traces') - total('complete');
  if (incomplete > 0) problems.push(`full: ${incomplete} of ${total('traces')} interesting traces are not whole`);
  const torn = rows.get('ordinary')?.partial ?? 0;
  if (torn > 0) problems.push(`full: ${torn} ordinary traces were kept in part`);
  if ((quantile(delays, 0.99) ?? 0) > LIMITS.delayMs)
    problems.push(
      `full: the last span came after ${quantile(delays, 0.99)} ms at the 99th percentile, not ${LIMITS.delayMs}`,
    );
  if (perResponse > LIMITS.responseBytes)
    problems.push(`full: ${perResponse.toFixed(0)} bytes a response, not ${LIMITS.responseBytes}`);
  if (perEdge > LIMITS.edgeBytes)
    problems.push(`full: ${perEdge.toFixed(1)} bytes a kept trace and edge, not ${LIMITS.edgeBytes}`);
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
