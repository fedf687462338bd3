import { SLOW_MS } from './plan.mjs';

/** @typedef {import('./fleet.mjs').Handled} Handled */
/** @typedef {import('./fleet.mjs').Result} Result */
/** @typedef {{ traces: number, complete: number, partial: number, lost: number, wireBytes: number, delaysMs: number[] }} Row */
/** @typedef {{ rows: Map<string, Row>, duplicates: number, edges: number }} Judged */
/** @typedef {{ responseBytes: number, edgeBytes: number, newsBytes: number, newsAtOnce: number, busyBytes: number, lateMs: number }} Cost */

/** What services that tell each other everything must reach, from the design of tail sampling. */
const LIMITS = { delayMs: 1000, responseBytes: 110, edgeBytes: 40 };

// News passes up to five services and is exported then, and each of these waits its turn on a busy machine. But a machine
// that is slower than this has nothing to say about delays that are good.
const TURNS = 6;
const MOST_DELAY_MS = 3 * LIMITS.delayMs;

// A message is the same for one trace as for many, but for their ids. At the few traces a second of this test nearly all have
// one; what is limited is what a trace would take in the same messages where so many go at once, as they do when it matters.
const BUSY_AT_ONCE = 10;
const ID_BYTES = 22;

const ORDINARY = ['ordinary', 'ordinary, but late'];

/**
 * What became of the traces of each scenario: `complete` when every span arrived that the services saw, `lost` when none did.
 * An ordinary one that took long without being told to is of a scenario of its own, as whoever found it slow has kept it.
 * @param {Map<string, string>} scenarios By the key of the tree.
 * @param {readonly Handled[]} handled
 * @param {ReadonlyMap<string, { spans: ReadonlyMap<string, number>, lastMs: number }>} arrived
 * @param {readonly Pick<Result, 'wireBytes'>[]} results
 * @returns {Judged}
 */
export function judge(scenarios, handled, arrived, results) {
  /** @type {Map<string, Handled[]>} */
  const traces = new Map();
  for (const each of handled) traces.set(each.traceId, [...(traces.get(each.traceId) ?? []), each]);
  const wireBytes = bytesByTrace(results);
  /** @type {Map<string, Row>} */
  const rows = new Map();
  let duplicates = 0;
  let edges = 0;
  for (const [traceId, parts] of traces) {
    const planned = scenarios.get(parts.find(({ root }) => root)?.key ?? '');
    if (planned === undefined) throw new Error(`The trace ${traceId} has no root: a service lost the context`);
    const late = planned === 'ordinary' && parts.some(({ tookMs }) => tookMs > 0.9 * SLOW_MS);
    const scenario = late ? 'ordinary, but late' : planned;
    const expected = new Set(parts.flatMap(({ spans }) => spans));
    const received = arrived.get(traceId);
    const found = [...expected].filter((id) => received?.spans.has(id)).length;
    const row = rows.get(scenario) ?? { traces: 0, complete: 0, partial: 0, lost: 0, wireBytes: 0, delaysMs: [] };
    rows.set(scenario, row);
    row.traces += 1;
    row.wireBytes += wireBytes.get(traceId) ?? 0;
    if (found === expected.size) {
      row.complete += 1;
      row.delaysMs.push((received?.lastMs ?? 0) - Math.max(...parts.map(({ endMs }) => endMs)));
    } else if (found > 0) row.partial += 1;
    else row.lost += 1;
    for (const times of received?.spans.values() ?? []) duplicates += times - 1;
    if (planned !== 'ordinary') edges += parts.length - 1;
  }
  return { rows, duplicates, edges };
}

/** All that somebody wants to see of a trace, in one row. @param {Judged['rows']} rows @returns {Row} */
export function interesting(rows) {
  const sum = { traces: 0, complete: 0, partial: 0, lost: 0, wireBytes: 0 };
  /** @type {number[]} */
  const delaysMs = [];
  for (const [scenario, row] of rows) {
    if (ORDINARY.includes(scenario)) continue;
    for (const key of /** @type {(keyof typeof sum)[]} */ (Object.keys(sum))) sum[key] += row[key];
    delaysMs.push(...row.delaysMs);
  }
  return { ...sum, delaysMs };
}

/** What it costs that services tell each other. @param {readonly Result[]} results @param {number} edges @returns {Cost} */
export function costOf(results, edges) {
  const total = (/** @type {'responses' | 'responseBytes' | 'pushBytes' | 'messages' | 'told'} */ key) =>
    results.reduce((sum, result) => sum + result[key], 0);
  const newsBytes = total('pushBytes') / Math.max(1, total('told'));
  const newsAtOnce = total('told') / Math.max(1, total('messages'));
  return {
    responseBytes: total('responseBytes') / Math.max(1, total('responses')),
    edgeBytes: total('pushBytes') / Math.max(1, edges),
    newsBytes,
    newsAtOnce,
    busyBytes: ID_BYTES + (newsAtOnce * (newsBytes - ID_BYTES)) / BUSY_AT_ONCE,
    lateMs: quantile(
      results.map(({ lateMs }) => lateMs),
      0.5,
    ),
  };
}

/** How late the last span may come on a machine whose timers are so late. @param {number} lateMs */
export function delayLimit(lateMs) {
  return Math.min(MOST_DELAY_MS, LIMITS.delayMs + TURNS * lateMs);
}

/** What is wrong where services tell each other everything. @param {Judged} judged @param {Cost} cost @returns {string[]} */
export function shortcomings({ rows, duplicates }, { responseBytes, busyBytes, lateMs }) {
  const { traces, complete, delaysMs } = interesting(rows);
  const torn = ORDINARY.reduce((sum, scenario) => sum + (rows.get(scenario)?.partial ?? 0), 0);
  const delayMs = quantile(delaysMs, 0.99);
  const limitMs = delayLimit(lateMs);
  /** @type {[wrong: boolean, problem: string][]} */
  const checks = [
    [traces === 0, 'there was no trace that somebody wants to see'],
    [complete < traces, `${traces - complete} of ${traces} interesting traces are not whole`],
    [torn > 0, `${torn} ordinary traces were kept in part`],
    [duplicates > 0, `${duplicates} spans were exported twice`],
    [delayMs > limitMs, `the last span came after ${delayMs} ms at the 99th percentile, not ${Math.round(limitMs)}`],
    [responseBytes > LIMITS.responseBytes, `${responseBytes.toFixed(0)} bytes a response, not ${LIMITS.responseBytes}`],
    [busyBytes > LIMITS.edgeBytes, `${busyBytes.toFixed(1)} bytes a kept trace and edge, not ${LIMITS.edgeBytes}`],
  ];
  return checks.filter(([wrong]) => wrong).map(([, problem]) => problem);
}

/** @param {readonly number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** @param {readonly Pick<Result, 'wireBytes'>[]} results */
function bytesByTrace(results) {
  /** @type {Map<string, number>} */
  const all = new Map();
  for (const { wireBytes } of results)
    for (const [traceId, bytes] of wireBytes) all.set(traceId, (all.get(traceId) ?? 0) + bytes);
  return all;
}
