import { connect } from 'node:net';
import { encodeOtlpProtobuf, type Span } from '@throughline/analysis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type {
  BottlenecksAnswer,
  ComparisonAnswer,
  DependenciesAnswer,
  DifferencesAnswer,
  HeatMap,
  LiveMessage,
  MatchesAnswer,
  Run,
  RunComparisonAnswer,
  SearchAnswer,
  SpanDetails,
  StatisticsAnswer,
} from '../src/api/messages.ts';
import { nextId, ORIGIN, span } from './spans.ts';
import { type ViewerUnderTest, viewerFor } from './viewer-under-test.ts';

async function send(viewer: ViewerUnderTest, spans: readonly Span[]): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf' };
  const body = new Uint8Array(encodeOtlpProtobuf(spans));
  expect((await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
}

/** A request of 100 ms that calls the database twice for 40 ms. */
function request(startMs = 0, databaseMs = 40, attributes: Span['attributes'] = {}): Span[] {
  const traceId = nextId(32);
  const root = span({ traceId, startMs, durationMs: 20 + 2 * databaseMs, attributes });
  const query = (at: number) =>
    span({
      traceId,
      parentSpanId: root.spanId,
      name: 'SELECT orders',
      kind: 'client',
      startMs: startMs + at,
      durationMs: databaseMs,
      attributes: { 'db.system.name': 'postgresql' },
    });
  return [root, query(5), query(10 + databaseMs)];
}

const query = (text: string) => encodeURIComponent(text);

describe("the page's API", () => {
  it('gives a trace as columns, with self times and the critical path', async () => {
    const viewer = await viewerFor();
    const spans = request();
    await send(viewer, [...spans].reverse());
    const columns = await viewer.trace(spans[0]?.traceId ?? '');
    const { parents, service, name, kind, start: starts, durations, selfTime } = columns;
    expect(columns).toMatchObject({
      startUnixNano: `${ORIGIN}`,
      duration: 100e6,
      run: 1,
      services: ['shop'],
      names: ['GET /orders', 'SELECT orders'],
      warnings: [],
      logCount: 0,
    });
    expect(spans.map(({ spanId }) => columns.spanIds.indexOf(spanId))).toEqual([0, 1, 2]);
    expect([parents, service, name, kind, starts, durations, selfTime].map((column) => [...column])).toEqual([
      [-1, 0, 0],
      [0, 0, 0],
      [0, 1, 1],
      [1, 2, 2],
      [0, 5e6, 50e6],
      [100e6, 40e6, 40e6],
      [20e6, 40e6, 40e6],
    ]);
    const { span: path, start, end } = columns.criticalPath;
    expect([...path]).toEqual([0, 1, 0, 2, 0]);
    expect(start.reduce((sum, from, at) => sum + (end[at] ?? 0) - from, 0)).toBe(100e6);
  });

  it('gives a trace of 100,000 spans', async () => {
    const viewer = await viewerFor();
    const root = span({ durationMs: 100_000 });
    const spans = Array.from({ length: 100_000 }, (_, at) =>
      span({ traceId: root.traceId, parentSpanId: root.spanId, startMs: at, durationMs: 1, kind: 'internal' }),
    );
    for (let at = 0; at < spans.length; at += 25_000) await send(viewer, spans.slice(at, at + 25_000));
    await send(viewer, [root]);
    const columns = await viewer.trace(root.traceId);
    expect([columns.spanIds.length, columns.durations.length, columns.parents.lastIndexOf(-1)]).toEqual([
      100_001, 100_001, 0,
    ]);
  });

  it('tells of a span whether it is slow for what it is', async () => {
    const viewer = await viewerFor();
    for (let at = 0; at < 9; at++) await send(viewer, request(at * 1000));
    const slow = request(20_000, 400);
    await send(viewer, slow);
    const details = await viewer.ask<SpanDetails>(`traces/${slow[0]?.traceId}/spans/${slow[0]?.spanId}`);
    expect(details.rank).toMatchObject({ percentile: 0.9, spans: 10 });
    expect(Math.abs(details.rank.p50 / 100e6 - 1)).toBeLessThan(0.011);
  });

  it('finds spans within a trace, its bottlenecks, and gives it as OTLP', async () => {
    const viewer = await viewerFor();
    const spans = request();
    await send(viewer, spans);
    const trace = `traces/${spans[0]?.traceId}`;
    expect((await viewer.ask<MatchesAnswer>(`${trace}/matches?query=select`)).spans).toEqual([1, 2]);
    const { bottlenecks } = await viewer.ask<BottlenecksAnswer>(`${trace}/bottlenecks`);
    expect(bottlenecks).toContainEqual(
      expect.objectContaining({ kind: 'database', name: 'SELECT orders', spans: [1, 2], time: 80e6 }),
    );
    expect(JSON.stringify(await viewer.ask(`${trace}/otlp`))).toContain(spans[2]?.spanId);
  });

  it('says who calls whom, how often and how long', async () => {
    const viewer = await viewerFor();
    await send(viewer, [...request(), ...request(1000)]);
    const graph = await viewer.ask<DependenciesAnswer>('dependencies');
    expect(graph.nodes).toEqual([
      { name: 'postgresql', kind: 'database' },
      { name: 'shop', kind: 'service' },
    ]);
    expect(graph.edges).toMatchObject([{ from: 1, to: 0, calls: 4, errors: 0 }]);
    expect(graph).toMatchObject({ traces: 2, complete: true });
    const { operations } = await viewer.ask<StatisticsAnswer>(`statistics?query=${query('kind = client')}`);
    expect(operations).toMatchObject([{ service: 'shop', name: 'SELECT orders', kind: 'client', calls: 4, errors: 0 }]);
  });

  it('says what sets a selection of the heat map apart', async () => {
    const viewer = await viewerFor();
    for (let at = 0; at < 60; at++) {
      const isSlow = at % 6 === 0;
      await send(viewer, request(at * 100, isSlow ? 400 : 40, { 'app.tenant': isSlow ? 'big' : `small-${at % 3}` }));
    }
    const servers = `query=${query('kind = server')}`;
    const map = await viewer.ask<HeatMap>(`heatmap?${servers}&columns=10`);
    expect(map.spans).toBe(60);
    expect(map.counts.reduce((sum, count) => sum + count, 0)).toBe(60);
    const found = await viewer.ask<DifferencesAnswer>(`differences?${servers}&minDuration=500000000`);
    expect(found).toMatchObject({ selected: 10, others: 50, complete: true });
    expect(found.attributes[0]).toMatchObject({ key: 'app.tenant', value: 'big', selected: 1, others: 0 });
  });

  it('compares two traces, and run with run', async () => {
    const viewer = await viewerFor();
    const first = request();
    await send(viewer, first);
    for (let at = 1; at < 40; at++) await send(viewer, request(at * 1000, 40 + (at % 5)));
    const begun = await fetch(`${viewer.url}/api/viewer/runs`, { method: 'POST' });
    expect((await begun.json()) as Run).toMatchObject({ id: 2 });
    const second = request(100_000, 140);
    await send(viewer, second);
    for (let at = 101; at < 140; at++) await send(viewer, request(at * 1000, 140 + (at % 5)));
    const ids = `before=${first[0]?.traceId}&after=${second[0]?.traceId}`;
    const two = await viewer.ask<ComparisonAnswer>(`compare?${ids}`);
    expect(two.paths).toMatchObject([
      { name: 'GET /orders', depth: 0, difference: 0 },
      { name: 'SELECT orders', depth: 1, difference: 200e6 },
    ]);
    const runs = await viewer.ask<RunComparisonAnswer>('compare-runs?before=1&after=2');
    expect([runs.before.traces, runs.after.traces]).toEqual([40, 40]);
    expect(runs.anomalies).toContainEqual(expect.objectContaining({ kind: 'slower', name: 'SELECT orders' }));
    expect((await viewer.ask<SearchAnswer>('traces?run=2&limit=5')).more).toBe(true);
  });

  it('streams what comes in', async () => {
    const viewer = await viewerFor();
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const response = await fetch(`${viewer.url}/api/viewer/live`, { signal: stop.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const spans = request();
    await send(viewer, spans);
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('data: ')) break;
    }
    const message: LiveMessage = JSON.parse(/data: (.*)\n\n/.exec(text)?.[1] ?? '');
    expect(message).toMatchObject({ spans: 3, traces: [{ traceId: spans[0]?.traceId, spanCount: 3 }] });
  });

  it('says what is wrong with a question, and where', async () => {
    const viewer = await viewerFor();
    const ask = async (path: string) => {
      const response = await fetch(`${viewer.url}/api/viewer/${path}`);
      return [response.status, await response.json()];
    };
    expect(await ask(`traces?query=${query('{ name = ')}`)).toMatchObject([400, { position: 9 }]);
    expect(await ask(`traces?query=${query('name =~ "("')}`)).toMatchObject([
      400,
      { message: 'Expected `)` in the regular expression.', position: 8 },
    ]);
    expect(await ask(`traces?query=${query('('.repeat(100))}`)).toMatchObject([
      400,
      { message: 'Expected at most 32 levels.' },
    ]);
    expect(await ask(`traces?query=${'x'.repeat(5000)}`)).toMatchObject([400, {}]);
    expect(await ask('traces?limit=many')).toMatchObject([400, { message: 'Expected `limit` to be a number.' }]);
    expect(await ask('traces/xyz')).toMatchObject([400, {}]);
    expect(await ask(`traces/${nextId(32)}`)).toMatchObject([404, {}]);
    expect(await ask('nothing')).toMatchObject([404, {}]);
    expect(viewer.log).toEqual([]);
  });

  it('ends with connections open', async () => {
    const viewer = await viewerFor();
    await fetch(`${viewer.url}/api/viewer/live`).then((response) => response.body?.getReader());
    const idle = connect(Number(new URL(viewer.url).port), '127.0.0.1');
    idle.on('error', () => {});
    await viewer.close();
    await expect(fetch(viewer.url)).rejects.toThrow();
  });
});
