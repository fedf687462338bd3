import { encodeOtlpProtobuf } from '../../packages/analysis/dist/index.js';
import { traceSpans } from './traffic.mjs';

const REQUEST_SPANS = 20_000;

/** Sends one trace of so many spans to a viewer; returns its id. */
export async function sendTrace(viewer, count, number) {
  const start = BigInt(Date.now() - 60_000) * 1_000_000n;
  const [root, ...first] = traceSpans(number, start);
  const spans = [root];
  for (let part = 0; spans.length < count; part++) {
    for (const span of part === 0 ? first : traceSpans(number * 100_000 + part, start + BigInt(part) * 100_000n)) {
      if (spans.length >= count) break;
      spans.push({ ...span, traceId: root.traceId, parentSpanId: span.parentSpanId ?? root.spanId });
    }
  }
  for (const { endUnixNano } of spans) if (endUnixNano > root.endUnixNano) root.endUnixNano = endUnixNano;
  const bodies = [];
  for (let from = 0; from < count; from += REQUEST_SPANS)
    bodies.push(encodeOtlpProtobuf(spans.slice(from, from + REQUEST_SPANS)));
  // A connection of its own for each: one that was kept may have been closed while this process was busy.
  const headers = { 'content-type': 'application/x-protobuf', connection: 'close' };
  for (const body of bodies) {
    const response = await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`The viewer answers ${response.status}.`);
  }
  return root.traceId;
}

/**
 * Milliseconds that a viewer takes to analyse a large trace: its model, critical path and self times as the page gets them, when it
 * is asked for the first time (read from the store) and again (kept), and its bottlenecks. Each trace is asked for anew.
 */
export async function measureAnalysis(viewer, count, traces) {
  const kinds = { first: [], again: [], bottlenecks: [] };
  const cpu = { first: [], again: [], bottlenecks: [] };
  for (let number = 1; number <= traces; number++) {
    const id = await sendTrace(viewer, count, number);
    for (const [kind, path] of [
      ['first', `traces/${id}`],
      ['again', `traces/${id}`],
      ['bottlenecks', `traces/${id}/bottlenecks`],
    ]) {
      await viewer.figures('reset');
      const began = performance.now();
      const response = await fetch(`${viewer.url}/api/viewer/${path}`, { headers: { connection: 'close' } });
      await response.arrayBuffer();
      kinds[kind].push(performance.now() - began);
      cpu[kind].push((await viewer.figures()).cpuSeconds * 1000);
      if (!response.ok) throw new Error(`${path} answers ${response.status}.`);
    }
  }
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, times]) => [
      kind,
      { best: Math.min(...times), median: median(times), cpu: Math.min(...cpu[kind]) },
    ]),
  );
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
