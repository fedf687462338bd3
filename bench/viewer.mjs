// What the viewer can take and how fast it answers: `npx pnpm bench:viewer [--quick] [--minutes n] [--only intake,search,…]`.
// Writes a section of results.md and results.json; see README.md. Ends with 1 if an aim is missed on a machine that is not busy.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { busyWarning, machine } from './machine.mjs';
import { record } from './results.mjs';
import { measureIntake } from './viewer/intake.mjs';
import { measurePage, pageSizes } from './viewer/page.mjs';
import { run, ViewerProcess } from './viewer/processes.mjs';
import { viewerTables } from './viewer/report.mjs';
import { measureSearches } from './viewer/search.mjs';
import { measureAnalysis } from './viewer/trace.mjs';
import { traceIdOf } from './viewer/traffic.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    rate: { type: 'string', default: '50000' },
    spans: { type: 'string' },
    only: { type: 'string', default: 'intake,retention,search,analysis,page' },
    out: { type: 'string' },
  },
});
const { quick } = options;
const minutes = Number(options.minutes ?? (quick ? 0.5 : 10));
const rate = Number(options.rate);
const stored = Number(options.spans ?? (quick ? 1_000_000 : 10_000_000));
if (!(minutes > 0 && rate > 0 && stored > 0)) throw new Error('Expected minutes, rate and spans above 0.');
const parts = options.only.split(',');
const SPAN_BYTES = 260; // on disk, with some to spare

const before = machine();
const warning = busyWarning(before);
console.log(`Node.js ${process.version}, load average ${before.loadAverage.join(', ')}`);
if (warning !== undefined) console.warn(warning);
const folder = mkdtempSync(join(tmpdir(), 'throughline-bench-'));
const remove = () => rmSync(folder, { recursive: true, force: true });
process.once('exit', remove);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
needDisk(Math.max(rate * (minutes * 60 + 10), stored) * SPAN_BYTES);

const results = { machine: before, quick, minutes, failures: [] };
if (parts.includes('intake')) {
  const seconds = minutes * 60;
  results.intake = await measured('intake', measureIntake(folder, { name: 'intake', rate, seconds, maxBytes: 1e12 }));
  clear('intake');
}
if (parts.includes('retention')) {
  const seconds = quick ? 20 : 60;
  const maxBytes = rate * 20 * 100; // so that it goes over the limit several times
  results.retention = await measured(
    'retention',
    measureIntake(folder, { name: 'retention', rate, seconds, maxBytes }),
  );
  clear('retention');
}
if (parts.includes('search')) results.search = await measured('search', searches());
if (parts.includes('analysis') || parts.includes('page')) {
  for (const kind of ['duckdb', 'memory']) {
    const file = kind === 'duckdb' ? { file: join(folder, 'traces.duckdb') } : {};
    const viewer = await ViewerProcess.start({ port: 0, maxBytes: 1e9, ...file });
    try {
      if (parts.includes('analysis')) {
        const times = await measured(`analysis, ${kind}`, measureAnalysis(viewer, 100_000, quick ? 3 : 7));
        if (times !== undefined) results.analysis = { ...results.analysis, [kind]: times };
      }
      if (parts.includes('page') && kind === 'duckdb')
        results.page = await measured('page', measurePage(viewer, 10_000, quick ? 3 : 9));
    } finally {
      await viewer.close();
    }
  }
}
if (parts.includes('page')) results.sizes = pageSizes();
results.loadAfter = machine().loadAverage;
record('viewer', results, options.out);
const { text, missed } = viewerTables(results);
missed.push(...results.failures);
console.log(`\n${text}\n\nWritten to ${options.out ?? 'bench'}/results.md and results.json.`);
if (missed.length > 0) {
  console.error(`\nMissed: ${missed.join('; ')}.`);
  if (warning === undefined) process.exitCode = 1;
}

async function searches() {
  const file = join(folder, 'search.duckdb');
  const filled = await run('fill.mjs', file, stored, 5000);
  const viewer = await ViewerProcess.start({ port: 0, file, maxBytes: 1e12, maxAgeDays: 10_000 });
  try {
    const { store } = await viewer.ask('status');
    const traceIds = Array.from({ length: quick ? 20 : 200 }, (_, index) => traceIdOf((index * 7919) % filled.written));
    const { startMs, endMs } = filled;
    const figures = await measureSearches(viewer, { traceIds, startMs, endMs, rounds: quick ? 3 : 20 });
    return { spans: store.spans, traces: store.traces, bytes: store.bytes, fillSeconds: filled.seconds, ...figures };
  } finally {
    await viewer.close();
    clear('search');
  }
}

// A part that fails takes nothing of the others with it.
async function measured(name, work) {
  const began = performance.now();
  try {
    const result = await work;
    console.log(`${name}: done in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    return result;
  } catch (error) {
    console.error(`${name}: ${error.stack}`);
    results.failures.push(`${name}: ${error.message.split('\n', 1)[0]}`);
    return undefined;
  } finally {
    results.loadAfter = machine().loadAverage;
    record('viewer', results, options.out);
  }
}

function clear(name) {
  for (const file of [`${name}.duckdb`, `${name}.duckdb.wal`]) rmSync(join(folder, file), { force: true });
}

function needDisk(bytes) {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < bytes * 1.2)
    throw new Error(
      `Expected ${(bytes / 1e9).toFixed(1)} GB free in ${tmpdir()}, there are ${(free / 1e9).toFixed(1)}: give --minutes or --spans less, or set TMPDIR.`,
    );
}
