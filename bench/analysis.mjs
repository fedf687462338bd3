// What analysis costs: `npx pnpm bench:analysis [--short]`, or after a build `node bench/analysis.mjs`. Prints tables, writes
// them to results.md (not with --short), and fails if an aim is missed. Times are of the processor, garbage collection included, the best and the median of several runs; each row is
// measured in a process of its own. Memory is what the heap and external memory grow by after garbage collection with all results
// alive, and how much larger the process ever was than before. Beside each time stands what a fixed calibration loop took in between:
// the least seen on the machine of the README is 26 ms, and the more others disturb, the more it takes.
import { spawnSync } from 'node:child_process';
import { argv, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  bottlenecks,
  buildTrace,
  clockSkew,
  criticalPath,
  DependencyGraph,
  groupByTrace,
  Statistics,
  selfTimes,
  withoutSkew,
} from '../packages/analysis/dist/index.js';
import { busyWarning, machine } from './machine.mjs';
import { record } from './results.mjs';

/** @typedef {import('@throughline/analysis').Span} Span */
/** @typedef {{ best: number, median: number, calibration: number, grown: number, peak: number, notes: string }} Measured */

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

const HOUR = 3_600_000_000_000n;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** Input as bad as it comes. @type {Record<string, { count: number, make: (index: number, count: number) => Partial<Span> & { parent: number } }>} */
const BAD = {
  '1,000,000 children of one span': { count: 1_000_000, make: () => ({ parent: 0 }) },
  '100,000 levels': { count: 100_000, make: (index) => ({ parent: index - 1 }) },
  '1,000,000 spans in one cycle': {
    count: 1_000_000,
    make: (index, count) => ({ parent: index === 1 ? count - 1 : index - 1 }),
  },
  '1,000,000 spans, clocks hours off': {
    count: 1_000_000,
    make: (index) => {
      const startUnixNano = BASE + HOUR * BigInt(index % 5);
      const resource = { service: `service ${index % 1000}`, attributes: { 'host.name': `host ${index % 1000}` } };
      return { parent: index >> 1, startUnixNano, endUnixNano: startUnixNano + 9n, resource };
    },
  },
};

/** @param {string} name @returns {Span[]} */
function badSpans(name) {
  const { count, make } = /** @type {(typeof BAD)[string]} */ (BAD[name]);
  return Array.from({ length: count }, (_, index) => {
    const { parent, ...more } = index === 0 ? { parent: -1 } : make(index, count);
    return {
      traceId: TRACE_ID,
      spanId: idOf(index),
      ...(parent < 0 ? {} : { parentSpanId: idOf(parent) }),
      name: `operation ${index % 50}`,
      kind: /** @type {const} */ ('internal'),
      startUnixNano: BASE + BigInt(index),
      endUnixNano: BASE + BigInt(3 * count - index),
      status: /** @type {const} */ ('unset'),
      attributes: NOTHING,
      events: NONE,
      links: NONE,
      resource: /** @type {(typeof SERVICES)[number]} */ (SERVICES[0]),
      ...more,
    };
  });
}

/** @param {number} total */
function manySpans(total) {
  /** @type {Span[]} */
  const many = [];
  for (let trace = 0; many.length < total; trace += 1)
    for (const span of spansOf(20, SHAPES.mixed ?? (() => 0), trace.toString(16).padStart(32, '0'))) many.push(span);
  return many;
}

/** What can be measured, by name: makes the input and returns the work. @type {Record<string, (what: string, count: number) => () => unknown>} */
const WORK = {
  shape: (what, count) => {
    const spans = spansOf(count, /** @type {(typeof SHAPES)[string]} */ (SHAPES[what]));
    return () => analyse(spans);
  },
  bad: (what) => {
    const spans = badSpans(what);
    return () => {
      const { trace, ...rest } = analyse(spans);
      return { trace, ...rest, straight: withoutSkew(trace, clockSkew(trace)) };
    };
  },
  statistics: (_what, count) => {
    const spans = manySpans(count);
    return () => {
      const all = new Statistics();
      for (const span of spans) all.add(span);
      return all.result();
    };
  },
  graph: (_what, count) => {
    const traces = [...groupByTrace(manySpans(count)).values()].map((spans) => buildTrace(spans));
    return () => {
      const graph = new DependencyGraph();
      for (const trace of traces) graph.add(trace);
      return graph.result();
    };
  },
  // As spans come from a receiver: trace after trace is built, linked, counted and forgotten.
  stream: (_what, count) => {
    const groups = [...groupByTrace(manySpans(count)).values()];
    return () => {
      const graph = new DependencyGraph();
      const all = new Statistics();
      for (const spans of groups) {
        graph.add(buildTrace(spans));
        for (const span of spans) all.add(span);
      }
      return [graph.result(), all.result()];
    };
  },
};

/** @param {Span[]} spans */
function analyse(spans) {
  const trace = buildTrace(spans);
  const path = criticalPath(trace);
  return { trace, path, self: selfTimes(trace), slow: bottlenecks(trace, path) };
}

/** In this process: runs the work and prints what it took. @param {string} kind @param {string} what @param {number} count @param {number} rounds */
function measureHere(kind, what, count, rounds) {
  const work = /** @type {(typeof WORK)[string]} */ (WORK[kind])(what, count);
  globalThis.gc?.();
  const { rss } = process.memoryUsage();
  /** @type {any} */
  let result = work();
  const peak = process.resourceUsage().maxRSS * 1024 - rss;
  // The first run also makes flat texts of the ids of the input, which frees what they were put together from: a heap that is
  // measured before it seems to grow by less than it does.
  result = undefined;
  globalThis.gc?.();
  const before = process.memoryUsage();
  result = work();
  globalThis.gc?.();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  const kinds = new Set((result?.trace?.warnings ?? []).map((/** @type {{ kind: string }} */ { kind }) => kind));
  /** @type {number[]} */
  const times = [];
  /** @type {number[]} */
  const calibrations = [];
  for (let round = 0; round < rounds; round += 1) {
    result = undefined;
    globalThis.gc?.();
    calibrations.push(cpuTime(calibrate));
    times.push(cpuTime(() => (result = work())));
  }
  const mb = 2 ** 20;
  console.log(
    JSON.stringify({
      best: Math.min(...times),
      median: median(times),
      calibration: median(calibrations),
      grown: grown / mb,
      peak: peak / mb,
      notes: [...kinds].join(', '),
    }),
  );
}

/** @param {() => unknown} work */
function cpuTime(work) {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

// Texts, a map and arithmetic, as analysis has them.
function calibrate() {
  let number = 1;
  const map = new Map();
  for (let round = 0; round < 300_000; round += 1) {
    map.set(`k${round % 1000}`, round);
    number = (number * 48_271) % 2_147_483_647;
  }
  return number;
}

/** @param {number[]} values */
function median(values) {
  return /** @type {number} */ (values.toSorted((a, b) => a - b)[values.length >> 1]);
}

/** In a process of its own. @param {string} kind @param {string} what @param {number} count @param {number} rounds @returns {Measured} */
function measure(kind, what, count, rounds) {
  const args = [
    '--expose-gc',
    '--max-old-space-size=8192',
    fileURLToPath(import.meta.url),
    kind,
    what,
    `${count}`,
    `${rounds}`,
  ];
  const { stdout, stderr, status } = spawnSync(execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Measuring ${kind} ${what} failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** @type {string[]} */
const missed = [];
/** @param {string} what @param {number} is @param {number} aim @param {string} unit */
function check(what, is, aim, unit) {
  if (is > aim) missed.push(`${what}: ${is.toFixed(0)} ${unit} instead of ${aim} ${unit}`);
  return is.toFixed(0);
}

/** What was printed, for the results. @type {string[]} */
const printed = [];
/** @param {string} text */
function print(text) {
  printed.push(text);
  console.log(text);
}

/** @param {string[]} columns */
function header(...columns) {
  print(`| ${columns.join(' | ')} |\n| ${columns.map(() => '---').join(' | ')} |`);
}

function main() {
  const short = argv.includes('--short');
  const where = machine();
  const warning = busyWarning(where);
  if (warning !== undefined) console.warn(warning);
  /** @type {{ what: string, sizes: number[], times: number[] }[]} */
  const growth = [];
  print(`One trace of 100,000 spans through model, critical path, self times and bottlenecks\n`);
  header('shape', 'best ms (aim 300)', 'median ms', 'calibration ms', 'MB kept (aim 200)', 'MB at most');
  for (const shape of Object.keys(SHAPES)) {
    const { best, median: middle, calibration, grown, peak } = measure('shape', shape, 100_000, 9);
    const kept = check(shape, grown, 200, 'MB');
    print(
      `| ${shape} | ${check(shape, best, 300, 'ms')} | ${middle.toFixed(0)} | ${calibration.toFixed(0)} | ${kept} | ${peak.toFixed(0)} |`,
    );
  }

  const sizes = short ? [1000, 10_000, 100_000] : [1000, 10_000, 100_000, 1_000_000];
  print(
    '\nBest ms by number of spans; the exponent is the slope on log-log axes from the second size on, as the first is mostly warming up\n',
  );
  header('work', ...sizes.map((size) => size.toLocaleString('en')), 'exponent');
  for (const [kind, what] of [
    ...Object.keys(SHAPES).map((shape) => ['shape', shape]),
    ['stream', 'graph and statistics'],
  ]) {
    const times = sizes.map((size) => measure(kind ?? '', what ?? '', size, size >= 1_000_000 ? 1 : 5).best);
    growth.push({ what: what ?? '', sizes, times });
    const exponent = slope(sizes.slice(1), times.slice(1));
    print(`| ${what} | ${times.map((ms) => ms.toFixed(1)).join(' | ')} | ${exponent.toFixed(2)} |`);
    if (exponent > 1.2) missed.push(`${what} grows with an exponent of ${exponent.toFixed(2)}`);
  }

  const total = short ? 100_000 : 1_000_000;
  print(`\n${total.toLocaleString('en')} spans in traces of 20, one run after the first\n`);
  header('work', 'ms', 'calibration ms', 'MB kept');
  let sum = 0;
  for (const [kind, what] of [
    ['statistics', 'statistics'],
    ['graph', 'dependency graph of traces'],
    ['stream', 'both, traces built on the way'],
  ]) {
    const { best, calibration, grown } = measure(kind ?? '', what ?? '', total, 1);
    if (kind !== 'stream') sum += best;
    print(`| ${what} | ${best.toFixed(0)} | ${calibration.toFixed(0)} | ${grown.toFixed(0)} |`);
  }
  check('statistics and dependency graph', sum, (3000 * total) / 1e6, 'ms');

  if (!short) {
    print('\nBad input through the same and clock skew, one run after the first\n');
    header('input', 'ms', 'calibration ms', 'MB at most', 'warnings');
    for (const name of Object.keys(BAD)) {
      const { best, calibration, peak, notes } = measure('bad', name, 0, 1);
      print(`| ${name} | ${best.toFixed(0)} | ${calibration.toFixed(0)} | ${peak.toFixed(0)} | ${notes || 'none'} |`);
      check(name, best, 15_000, 'ms');
    }
  }
  if (!short) record('analysis', { machine: where, text: printed.join('\n'), growth });
  if (missed.length > 0) {
    console.error(`\nMissed:\n${missed.join('\n')}`);
    process.exitCode = 1;
  }
}

/** By least squares. @param {number[]} sizes @param {number[]} times */
function slope(sizes, times) {
  const xs = sizes.map(Math.log);
  const ys = times.map(Math.log);
  const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(xs), mean(ys)];
  const covariance = xs.reduce((sum, value, at) => sum + (value - x) * /** @type {number} */ (ys[at] - y), 0);
  return covariance / xs.reduce((sum, value) => sum + (value - x) ** 2, 0);
}

const [kind, what, count, rounds] = argv.slice(2);
if (rounds === undefined) main();
else measureHere(kind ?? '', what ?? '', Number(count), Number(rounds));
