// What analysis costs: `npx pnpm build && node --expose-gc packages/analysis/bench/analysis.mjs`. Prints tables and fails if an aim
// is missed by more than a quarter. Times are of the processor, garbage collection included, so that what else the machine does counts
// little, and the best of several runs; memory is what the heap has grown by when all is done, with all results alive.
import { argv, exitCode } from 'node:process';
import {
  bottlenecks,
  buildTrace,
  criticalPath,
  DependencyGraph,
  groupByTrace,
  Statistics,
  selfTimes,
} from '@throughline/analysis';

/** @typedef {import('@throughline/analysis').Span} Span */

const BASE = 1_700_000_000_000_000_000n;
const SERVICES = Array.from({ length: 20 }, (_, index) => ({
  service: `service-${index}`,
  attributes: { 'host.name': `host-${index}` },
}));
const DATABASE = { 'db.system.name': 'postgresql', 'db.namespace': 'shop' };
const NOTHING = {};
/** @type {[]} */
const NONE = [];

/** Each shape says who is the parent of the span at an index, 0 being the root. @type {Record<string, (index: number, count: number) => number>} */
const SHAPES = {
  deep: (index) => index - 1,
  wide: () => 0,
  mixed: (index) => (index % 10 === 0 ? index - 10 : Math.floor((index - 1) / 8)),
};

/** @param {number} count @param {(index: number, count: number) => number} parentOf @returns {Span[]} */
function spansOf(count, parentOf, traceId = '0af7651916cd43dd8448eb211c80319c') {
  const starts = new Float64Array(count);
  const ends = new Float64Array(count);
  const parents = Int32Array.from({ length: count }, (_, index) => (index === 0 ? -1 : parentOf(index, count)));
  const numbers = new Int32Array(count);
  const families = new Int32Array(count);
  for (let index = 1; index < count; index += 1) numbers[index] = families[/** @type {number} */ (parents[index])]++;
  ends[0] = 1e12;
  for (let index = 1; index < count; index += 1) {
    const parent = /** @type {number} */ (parents[index]);
    const length = ends[parent] - starts[parent];
    const share = length / families[parent];
    starts[index] = starts[parent] + share * numbers[index] + share * 0.00001;
    ends[index] = starts[index] + share * 0.9999 - (index % 3 === 0 ? share * 0.2 : 0);
  }
  return Array.from({ length: count }, (_, index) => ({
    traceId,
    spanId: idOf(index),
    ...(index === 0 ? {} : { parentSpanId: idOf(parents[index] ?? 0) }),
    name: `operation ${index % 50}`,
    kind: /** @type {const} */ (index % 3 === 0 ? 'server' : index % 3 === 1 ? 'client' : 'internal'),
    startUnixNano: BASE + BigInt(Math.round(starts[index])),
    endUnixNano: BASE + BigInt(Math.round(ends[index])),
    status: /** @type {const} */ (index % 97 === 0 ? 'error' : 'unset'),
    attributes: index % 3 === 1 ? DATABASE : NOTHING,
    events: NONE,
    links: NONE,
    resource: /** @type {(typeof SERVICES)[number]} */ (SERVICES[Math.floor(index / 3) % SERVICES.length]),
  }));
}

/** @param {number} index */
function idOf(index) {
  return (index + 1).toString(16).padStart(16, '0');
}

/** @param {Span[]} spans */
function analyse(spans) {
  const trace = buildTrace(spans);
  const path = criticalPath(trace);
  return { trace, path, self: selfTimes(trace), slow: bottlenecks(trace, path) };
}

/** @template T @param {() => T} work @param {number} rounds @returns {{ ms: number, result: T }} */
function best(work, rounds) {
  let ms = Number.POSITIVE_INFINITY;
  let result;
  for (let round = 0; round < rounds; round += 1) {
    globalThis.gc?.();
    const start = process.cpuUsage();
    result = work();
    const { user, system } = process.cpuUsage(start);
    ms = Math.min(ms, (user + system) / 1000);
  }
  return { ms, result: /** @type {T} */ (result) };
}

/** @type {string[]} */
const missed = [];
/** @param {string} what @param {number} is @param {number} aim @param {string} unit */
function check(what, is, aim, unit) {
  if (is > aim * 1.25) missed.push(`${what}: ${is.toFixed(0)} ${unit} instead of ${aim} ${unit}`);
  return is.toFixed(0);
}

console.log(
  'One trace of 100,000 spans through model, critical path, self times and bottlenecks (aims: 300 ms, 200 MB)\n',
);
console.log('| shape | ms | MB |\n| --- | --- | --- |');
for (const [shape, parentOf] of Object.entries(SHAPES)) {
  const spans = spansOf(100_000, parentOf);
  const { ms } = best(() => analyse(spans).trace.duration, 5);
  globalThis.gc?.();
  const before = process.memoryUsage();
  const result = analyse(spans);
  globalThis.gc?.();
  const after = process.memoryUsage();
  const grown = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / 2 ** 20;
  console.log(`| ${shape} | ${check(shape, ms, 300, 'ms')} | ${check(shape, grown, 200, 'MB')} |`);
  if (result.trace.spans.length !== spans.length) throw new Error('spans were lost');
}

const sizes = argv.includes('--short') ? [1000, 10_000, 100_000] : [1000, 10_000, 100_000, 1_000_000];
console.log(
  '\nGrowth with the number of spans (ms; the exponent is the slope on log-log axes from the second size on)\n',
);
console.log(
  `| shape | ${sizes.map((size) => size.toLocaleString('en')).join(' | ')} | exponent |\n| --- | ${sizes.map(() => '---').join(' | ')} | --- |`,
);
for (const [shape, parentOf] of Object.entries(SHAPES)) {
  const times = sizes.map((size) => {
    const spans = spansOf(size, parentOf);
    return best(() => analyse(spans), size >= 1_000_000 ? 2 : 5).ms;
  });
  const [, from = 1] = times;
  const to = times.at(-1) ?? 1;
  const exponent = Math.log(to / from) / Math.log((sizes.at(-1) ?? 1) / (sizes[1] ?? 1));
  console.log(`| ${shape} | ${times.map((ms) => ms.toFixed(1)).join(' | ')} | ${exponent.toFixed(2)} |`);
  if (exponent > 1.35) missed.push(`${shape} grows with an exponent of ${exponent.toFixed(2)}`);
}

const total = argv.includes('--short') ? 100_000 : 1_000_000;
/** @type {Span[]} */
const many = [];
for (let trace = 0; many.length < total; trace += 1)
  for (const span of spansOf(20, SHAPES.mixed ?? (() => 0), trace.toString(16).padStart(32, '0'))) many.push(span);
const counted = best(() => {
  const all = new Statistics();
  for (const span of many) all.add(span);
  return all.result();
}, 2);
const traces = [...groupByTrace(many).values()].map((group) => buildTrace(group));
const linked = best(() => {
  const graph = new DependencyGraph();
  for (const trace of traces) graph.add(trace);
  return graph.result();
}, 2);
console.log(`\n${total.toLocaleString('en')} spans in traces of 20 (aim for both together: ${(3 * total) / 1e6} s)\n`);
console.log(
  `| | ms |\n| --- | --- |\n| statistics | ${counted.ms.toFixed(0)} |\n| dependency graph | ${linked.ms.toFixed(0)} |`,
);
check('statistics and dependency graph', counted.ms + linked.ms, (3000 * total) / 1e6, 'ms');
if (linked.result.edges.length === 0 || counted.result.length === 0) throw new Error('nothing was counted');

if (missed.length > 0) {
  console.error(`\nMissed:\n${missed.join('\n')}`);
  process.exitCode = exitCode ?? 1;
}
