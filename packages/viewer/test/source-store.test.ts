import { expect, it, onTestFinished } from 'vitest';
import type { SearchAnswer, StatisticsAnswer, Status } from '../src/api/messages.ts';
import { startViewer } from '../src/index.ts';
import { createMemoryStore } from '../src/store/memory-store.ts';
import { nextId, span } from './spans.ts';
import { traceOf, viewerFor } from './viewer-under-test.ts';

it('shows the traces of a backend as its own, and says when it cannot be reached', async () => {
  const startMs = (Date.now() - 60_000) * 1;
  const now = { startUnixNano: BigInt(startMs) * 1_000_000n, endUnixNano: BigInt(startMs + 50) * 1_000_000n };
  const traceId = nextId(32);
  const root = span({ traceId, name: 'GET /cart', ...now });
  const child = span({
    traceId,
    parentSpanId: root.spanId,
    service: 'stock',
    name: 'GET /items',
    status: 'error',
    ...now,
  });
  const store = createMemoryStore();
  await store.append({ spans: [root, child, span({ name: 'GET /other', ...now })], logs: [], bytes: 100 });
  const backend = await viewerFor(store);

  const viewer = await startViewer({ port: 0, source: `jaeger+${backend.url}/jaeger` });
  onTestFinished(() => viewer.close());
  const ask = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${viewer.url}/api/viewer/${path}`)).json()) as T;
  const query = encodeURIComponent('service = stock AND status = error');
  expect((await ask<SearchAnswer>(`traces?query=${query}`)).traces).toMatchObject([
    { traceId, rootName: 'GET /cart', spanCount: 2, errorCount: 1, matchCount: 1 },
  ]);
  expect((await ask<SearchAnswer>('traces')).traces.length).toBe(2);
  const { spanIds } = await traceOf(viewer.url, traceId);
  expect([spanIds.length, spanIds.at(0), spanIds.at(1)]).toEqual([2, root.spanId, child.spanId]);
  expect((await ask<StatisticsAnswer>('statistics')).operations.map(({ name, calls }) => [name, calls])).toEqual(
    expect.arrayContaining([
      ['GET /cart', 1],
      ['GET /items', 1],
      ['GET /other', 1],
    ]),
  );
  expect(await ask('services')).toEqual({ services: ['shop', 'stock'] });
  expect((await ask<Status>('status')).store.note).toContain('Traces are read from Jaeger');
  const headers = { 'content-type': 'application/json' };
  const refused = await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers, body: '{"resourceSpans":[]}' });
  expect(refused.status).toBe(503);

  await backend.close();
  const failed = await fetch(`${viewer.url}/api/viewer/traces?query=other`);
  expect([failed.status, await failed.json()]).toMatchObject([502, { message: expect.stringContaining(backend.url) }]);
});
