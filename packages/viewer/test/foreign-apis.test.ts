import {
  decodeJaegerJson,
  decodeOtlpJson,
  decodeOtlpProtobuf,
  decodeZipkinJson,
  type Span,
} from '@throughline/analysis';
import { openTraces, type TraceSource } from '@throughline/readers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryStore } from '../src/store/memory-store.ts';
import { nextId, ORIGIN, span } from './spans.ts';
import { type ViewerUnderTest, viewerFor } from './viewer-under-test.ts';

const WINDOW = { fromMs: Number(ORIGIN / 1_000_000n) - 60_000, toMs: Number(ORIGIN / 1_000_000n) + 60_000 };

async function filledViewer(): Promise<{ viewer: ViewerUnderTest; spans: Span[]; failed: string; slow: string }> {
  const store = createMemoryStore();
  const [failed, slow] = [nextId(32), nextId(32)];
  const root = span({ traceId: failed, name: 'get /cart', durationMs: 50 });
  const call = span({
    traceId: failed,
    parentSpanId: root.spanId,
    name: 'get',
    kind: 'client',
    startMs: 5,
    durationMs: 40,
  });
  const spans = [
    root,
    call,
    span({
      traceId: failed,
      parentSpanId: call.spanId,
      service: 'stock',
      name: 'get /items',
      startMs: 10,
      durationMs: 30,
      status: 'error',
      attributes: { 'http.route': '/items/:id', note: 'a "b"' },
    }),
    span({ traceId: slow, name: 'get /report', startMs: 1000, durationMs: 5000 }),
  ];
  await store.append({ spans, logs: [], bytes: 1000 });
  return { viewer: await viewerFor(store), spans, failed, slow };
}

async function source(address: string): Promise<TraceSource> {
  const opened = await openTraces(address);
  onTestFinished(() => opened.close());
  return opened;
}

const address = (kind: string, viewer: ViewerUnderTest, base = '') => `${kind}+${viewer.url}${base}`;

describe.each([
  ['Jaeger', 'jaeger', ''],
  ['Jaeger, below /jaeger', 'jaeger', '/jaeger'],
  ['Zipkin', 'zipkin', ''],
  ['Zipkin, below /zipkin', 'zipkin', '/zipkin'],
])('as a reader of %s sees the viewer', (_, kind, base) => {
  it('there are services, operations, traces and who called whom', async () => {
    const { viewer, failed, slow } = await filledViewer();
    const reader = await source(address(kind, viewer, base));
    expect(await reader.services()).toEqual(['shop', 'stock']);
    expect((await reader.operations('shop')).map(({ name }) => name)).toEqual(['get', 'get /cart', 'get /report']);
    const find = async (query: Parameters<TraceSource['findTraces']>[0]) =>
      (await reader.findTraces({ ...WINDOW, ...query })).map(({ traceId }) => traceId);
    expect(await find({})).toEqual([slow, failed]);
    expect(await find({ service: 'stock', error: true })).toEqual([failed]);
    expect(await find({ service: 'shop', minDurationMs: 1000 })).toEqual([slow]);
    expect(await find({ service: 'shop', operation: 'get /cart', maxDurationMs: 100 })).toEqual([failed]);
    expect(await find({ service: 'stock', attributes: { 'http.route': '/items/:id' } })).toEqual([failed]);
    expect(await find({ service: 'stock', attributes: { 'http.route': '/other' } })).toEqual([]);
    const [found] = await reader.findTraces({ ...WINDOW, service: 'stock' });
    expect(found).toMatchObject({
      rootService: 'shop',
      rootName: 'get /cart',
      spanCount: 3,
      errorCount: 1,
      duration: 50e6,
    });
    expect((await reader.getTrace(failed))?.map(({ name }) => name).sort()).toEqual(['get', 'get /cart', 'get /items']);
    expect(await reader.getTrace(nextId(32))).toBeUndefined();
    const { edges } = await reader.dependencies(WINDOW);
    expect(edges).toMatchObject([{ from: { name: 'shop' }, to: { name: 'stock' }, calls: 1 }]);
  });
});

describe('the APIs for other tools', () => {
  it("answer Jaeger's v1", async () => {
    const { viewer, failed } = await filledViewer();
    const ask = async (path: string) => (await fetch(`${viewer.url}/api/${path}`)).json();
    expect(await ask('services')).toMatchObject({ data: ['shop', 'stock'], errors: null });
    expect(await ask('services/stock/operations')).toMatchObject({ data: ['get /items'] });
    const tags = encodeURIComponent(JSON.stringify({ error: 'true' }));
    expect(decodeJaegerJson(await ask(`traces?service=stock&tags=${tags}&limit=5`)).length).toBe(3);
    expect(decodeJaegerJson(await ask(`traces/${failed}`)).length).toBe(3);
    expect(await ask('dependencies?lookback=999999999999')).toMatchObject({
      data: [{ parent: 'shop', child: 'stock' }],
    });
    const missing = await fetch(`${viewer.url}/api/traces/${nextId(32)}`);
    expect([missing.status, await missing.json()]).toMatchObject([
      404,
      { errors: [{ code: 404, msg: 'trace not found' }] },
    ]);
    const wrong = await fetch(`${viewer.url}/api/v3/traces?query.attributes=x`);
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { error: { httpCode: 400 } }]);
  });

  it.each(['', '/tempo'])("answer Tempo's, below '%s'", async (base) => {
    const { viewer, failed, spans } = await filledViewer();
    const ask = async (path: string) => (await fetch(`${viewer.url}${base}/api/${path}`)).json();
    expect(await (await fetch(`${viewer.url}${base}/api/echo`)).text()).toBe('echo');
    const query = encodeURIComponent('{ status = error && resource.service.name = "stock" }');
    expect(await ask(`search?q=${query}&spss=1`)).toMatchObject({
      traces: [
        {
          traceID: failed,
          rootServiceName: 'shop',
          rootTraceName: 'get /cart',
          durationMs: 50,
          spanSets: [{ matched: 1, spans: [{ name: 'get /items', durationNanos: '30000000' }] }],
        },
      ],
    });
    const tags = encodeURIComponent('service.name=stock note="a \\"b\\""');
    expect(await ask(`search?tags=${tags}&minDuration=10ms`)).toMatchObject({ traces: [{ traceID: failed }] });
    expect(await ask('search?start=0&end=1')).toMatchObject({ traces: [] });
    expect(await ask('v2/search/tag/resource.service.name/values')).toEqual({
      tagValues: ['shop', 'stock'].map((value) => ({ type: 'string', value })),
    });
    expect(await ask('search/tags')).toEqual({ tagNames: expect.arrayContaining(['http.route', 'host.name']) });
    const headers = { accept: 'application/protobuf' };
    const one = await fetch(`${viewer.url}${base}/api/traces/${failed}`, { headers });
    const names = spans.slice(0, 3).map(({ spanId }) => spanId);
    expect(decodeOtlpProtobuf(new Uint8Array(await one.arrayBuffer())).map(({ spanId }) => spanId)).toEqual(names);
    const two = await fetch(`${viewer.url}${base}/api/v2/traces/${failed}`, { headers });
    const wrapped = new Uint8Array(await two.arrayBuffer());
    expect(wrapped[0]).toBe(0x0a);
    expect(decodeOtlpJson(await ask(`v2/traces/${failed}`)).length).toBe(3);
    const wrong = await fetch(`${viewer.url}${base}/api/search?q=${encodeURIComponent('{ name = }')}`);
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { position: 9 }]);
  });

  it("answer Zipkin's, whatever the case of names", async () => {
    const { viewer, failed } = await filledViewer();
    const ask = async (path: string) => (await fetch(`${viewer.url}/api/v2/${path}`)).json();
    expect(await ask('spans?serviceName=SHOP')).toEqual(['get', 'get /cart', 'get /report']);
    const traces = await ask(
      `traces?serviceName=Stock&annotationQuery=${encodeURIComponent('error and http.route=/items/:id')}`,
    );
    expect(decodeZipkinJson(traces).length).toBe(3);
    expect(await ask(`traceMany?traceIds=${failed}`)).toMatchObject([{ length: 3 }]);
    expect((await fetch(`${viewer.url}/api/v2/trace/xyz`)).status).toBe(400);
  });
});
