// Fills a file of the viewer: `node fill.mjs <file> <spans> <spans a second of the traffic>`. The first tenth goes through the
// viewer's own store and writer, in transactions of 20,000, which gives the file the order, the row groups and the parts of
// traces that requests give it. The rest are copies of these rows by SQL, each later than the one before, with other ids.

import { openDuckDbStore } from '../../packages/viewer/dist/store/duckdb-store.js';
import { DuckDBInstance } from '../../packages/viewer/node_modules/@duckdb/node-api/lib/index.js';
import { TRACE_SPANS, traceSpans } from './traffic.mjs';

const [file, count, rate] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const COPIES = 9;
const BATCH = 20_000;
const AHEAD = 3;
const traces = Math.ceil(count / (COPIES + 1) / TRACE_SPANS);
const interval = Math.round((TRACE_SPANS * 1e9) / rate);
const periodMs = Math.ceil((traces * interval) / 1e6);
const startMs = Date.now() - periodMs * (COPIES + 1);

const began = performance.now();
await writeFirst();
await copy();
const seconds = (performance.now() - began) / 1000;
console.log(
  JSON.stringify({ spans: traces * TRACE_SPANS * (COPIES + 1), written: traces, startMs, endMs: Date.now(), seconds }),
);

async function writeFirst() {
  const store = await openDuckDbStore({ file, maxBytes: 1e12, maxAge: 1e12 });
  const base = BigInt(startMs) * 1_000_000n;
  const underWay = [];
  let spans = [];
  for (let number = 0; number < traces; number++) {
    for (const span of traceSpans(number, base + BigInt(number * interval))) spans.push(span);
    if (spans.length < BATCH && number < traces - 1) continue;
    underWay.push(store.append({ spans, logs: [], bytes: spans.length }));
    spans = [];
    if (underWay.length > AHEAD) await underWay.shift();
  }
  await Promise.all(underWay);
  await store.close();
}

async function copy() {
  const database = await DuckDBInstance.create(file, {
    threads: '2',
    memory_limit: '1GB',
    checkpoint_threshold: '64MB',
  });
  const connection = await database.connect();
  const [[first, last]] = (
    await connection.runAndReadAll('SELECT min(stored_ms), max(stored_ms) FROM spans')
  ).getRowsJS();
  const storedFor = last - first + 1n;
  for (let number = 1n; number <= COPIES; number++) {
    // Each copy has other ids, as random as the first ones.
    const trace = `xor(trace_id, ${(0x1e3779b97f4a7c15f39cc0605cedc835n * number) % 2n ** 127n}::UHUGEINT)`;
    const id = (column) => `xor(${column}, ${(0x1e3779b97f4a7c15n * number) % 2n ** 63n}::UBIGINT)`;
    const later = (column) => `${column} + ${BigInt(periodMs) * 1_000_000n * number}::UBIGINT`;
    const stored = `stored_ms + ${storedFor * number}, run, ${trace}`;
    await connection.run(`INSERT INTO spans SELECT ${stored}, ${id('span_id')}, ${id('parent_id')}, kind, status, ${later('start_ns')},
      ${later('end_ns')}, duration, weight, source, service, name, message, attributes, extra FROM spans WHERE stored_ms <= ${last}`);
    await connection.run(`INSERT INTO parts SELECT ${stored}, ${later('start_ns')}, ${later('end_ns')}, spans, errors, is_root,
      ${later('root_start')}, root_service, root_name, services FROM parts WHERE stored_ms <= ${last}`);
    const shifted = (column) => `${column} + ${storedFor * number}`;
    await connection.run(`INSERT INTO signatures SELECT ${shifted(`greatest(from_ms, ${first})`)}, ${shifted('to_ms')}, bits
      FROM signatures WHERE to_ms <= ${last}`);
  }
  await connection.run('CHECKPOINT');
  connection.closeSync();
  database.closeSync();
}
