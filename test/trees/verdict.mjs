import { SLOW_MS } from './plan.mjs';

/** @typedef {import('./fleet.mjs').Handled} Handled */
/** @typedef {{ traces: number, complete: number, partial: number, lost: number, delaysMs: number[] }} Row */

/**
 * What became of the traces of each scenario: `complete` when every span arrived that the services saw, `lost` when none did.
 * Traces that nothing distinguishes are to be lost or complete; those that took long without being told to are left out.
 * @param {Map<string, string>} scenarios By the key of the tree.
 * @param {readonly Handled[]} handled
 * @param {ReadonlyMap<string, { spans: ReadonlyMap<string, number>, lastMs: number }>} arrived
 */
export function judge(scenarios, handled, arrived) {
  /** @type {Map<string, Handled[]>} */
  const traces = new Map();
  for (const each of handled) traces.set(each.traceId, [...(traces.get(each.traceId) ?? []), each]);
  /** @type {Map<string, Row>} */
  const rows = new Map();
  let duplicates = 0;
  let edges = 0;
  for (const [traceId, parts] of traces) {
    const scenario = scenarios.get(parts.find(({ root }) => root)?.key ?? '');
    if (scenario === undefined) throw new Error(`The trace ${traceId} has no root: a service lost the context`);
    if (scenario === 'ordinary' && parts.some(({ tookMs }) => tookMs > 0.9 * SLOW_MS)) continue;
    const expected = new Set(parts.flatMap(({ spans }) => spans));
    const received = arrived.get(traceId);
    const found = [...expected].filter((id) => received?.spans.has(id)).length;
    const row = rows.get(scenario) ?? { traces: 0, complete: 0, partial: 0, lost: 0, delaysMs: [] };
    rows.set(scenario, row);
    row.traces += 1;
    if (found === expected.size) {
      row.complete += 1;
      row.delaysMs.push((received?.lastMs ?? 0) - Math.max(...parts.map(({ endMs }) => endMs)));
    } else if (found > 0) row.partial += 1;
    else row.lost += 1;
    for (const times of received?.spans.values() ?? []) duplicates += times - 1;
    if (scenario !== 'ordinary') edges += parts.length - 1;
  }
  return { rows, duplicates, edges };
}

/** @param {readonly number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
