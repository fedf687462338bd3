import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Span } from '@throughline/analysis';
import { openTraces, spansSource, type TraceQuery, type TraceSource, type TraceSummary } from '@throughline/readers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDuckDbStore } from '../src/store/duckdb-store.ts';
import { createMemoryStore } from '../src/store/memory-store.ts';
import { createSourceStore } from '../src/store/source-store.ts';
import type { TraceStore } from '../src/store/trace-store.ts';
import { nextId, ORIGIN, span } from './spans.ts';
import { viewerFor } from './viewer-under-test.ts';

const spans = storedSpans();
const window = { fromMs: Number(ORIGIN / 1_000_000n) - 1000, toMs: Number(ORIGIN / 1_000_000n) + 60_000 };

/** How exactly an API tells durations and names; all of them tell everything else. */
type Api = { readonly title: string; readonly kind: string; readonly unit: number; readonly isLowerCase?: true };
const APIS: readonly Api[] = [
  { title: "Jaeger's v3", kind: 'jaeger', unit: 1 },
  { title: "Jaeger's v1", kind: 'jaeger-v1', unit: 1000 },
  { title: "Tempo's", kind: 'tempo', unit: 1e6 },
  { title: "Zipkin's", kind: 'zipkin', unit: 1000, isLowerCase: true },
];
const QUERIES: readonly [string, TraceQuery][] = [
  ['all of a service', { service: 'shop' }],
  ['failed', { service: 'stock', error: true }],
  ['slow', { service: 'shop', minDurationMs: 500 }],
  ['with an attribute', { service: 'stock', attributes: { 'http.route': '/items/:id' } }],
];

describe.each<[string, () => Promise<TraceStore>]>([
  ['memory', async () => createMemoryStore()],
  ['DuckDB', openDuckDb],
])('over the same spans in the %s store', (_, open) => {
  describe.each(APIS)('$title API', (api) => {
    it.each(QUERIES)('tells of traces that are %s what the spans themselves do', async (__, query) => {
      const [own, source] = [expected(spans, api), await sourceOver(await filled(open), api)];
      const asked = { ...window, ...query };
      const found = await own.findTraces(asked);
      expect(found.length).toBeGreaterThan(0);
      expect((await source.findTraces(asked)).map(rounded(api))).toEqual(found.map(rounded(api)));
    });

    it('has the same services, operations and spans', async () => {
      const [own, source] = [expected(spans, api), await sourceOver(await filled(open), api)];
      const services = await own.services();
      expect(await source.services()).toEqual(services);
      for (const service of services) {
        const names = async (of: TraceSource) => new Set((await of.operations(service)).map(({ name }) => name));
        expect(await names(source)).toEqual(await names(own));
      }
      for (const traceId of new Set(spans.map((each) => each.traceId))) {
        const told = (await source.getTrace(traceId))?.map(facts(api));
        expect(told?.toSorted()).toEqual((await own.getTrace(traceId))?.map(facts(api)).toSorted());
      }
    });

    it('gives a viewer that shows it the same statistics, errors included', async () => {
      const store = createSourceStore(await sourceOver(await filled(open), api));
      const selection = { filter: { is: 'span', filter: { is: 'all' } }, ...window } as const;
      const own = createMemoryStore();
      await own.append({ spans: expected.spans(api), logs: [], bytes: 1000 });
      const counts = async (of: TraceStore) =>
        (await of.statistics(selection))
          .map(({ service, name, calls, errors }) => [service, name, calls, errors])
          .sort();
      expect(await counts(store)).toEqual(await counts(own));
      expect((await counts(store)).reduce((sum, [, , , errors]) => sum + Number(errors), 0)).toBe(4);
    });
  });
});

function storedSpans(): Span[] {
  const [failed, slow, parted] = [nextId(32), nextId(32), nextId(32)];
  const root = span({ traceId: failed, name: 'GET /cart', durationMs: 50.123457, status: 'error' });
  const call = span({ traceId: failed, parentSpanId: root.spanId, name: 'get', kind: 'client', startMs: 5.000321 });
  const served = span({
    traceId: failed,
    parentSpanId: call.spanId,
    service: 'stock',
    name: 'GET /items',
    startMs: 10,
    durationMs: 3.25,
    status: 'error',
    statusMessage: 'sold out',
    attributes: { 'http.route': '/items/:id', 'http.response.status_code': 503 },
  });
  const query = {
    traceId: failed,
    parentSpanId: served.spanId,
    service: 'stock',
    name: 'select',
    kind: 'client',
  } as const;
  return [
    root,
    call,
    served,
    span({ ...query, startMs: 11, durationMs: 0.5, status: 'error' }),
    span({ ...query, startMs: 12, durationMs: 0, status: 'ok' }),
    span({ traceId: slow, name: 'GET /report', startMs: 1000, durationMs: 5000.75 }),
    // Its root has not come.
    span({
      traceId: parted,
      parentSpanId: nextId(16),
      name: 'GET /late',
      startMs: 2000,
      durationMs: 600,
      status: 'error',
    }),
    span({ traceId: parted, parentSpanId: nextId(16), service: 'mail', name: 'send', kind: 'producer', startMs: 2001 }),
  ];
}

/** What a source of the very same spans answers. */
function expected(of: readonly Span[], api: Api): TraceSource {
  return spansSource(of.map(asTold(api)));
}
expected.spans = (api: Api) => spans.map(asTold(api));

function asTold(api: Api): (given: Span) => Span {
  return (given) => (api.isLowerCase === undefined ? given : { ...given, name: given.name.toLowerCase() });
}

function rounded({ unit }: Api): (summary: TraceSummary) => object {
  return (summary) => ({
    ...summary,
    startUnixNano: summary.startUnixNano / BigInt(Math.min(unit, 1000)),
    // The start and the end are each cut to the unit.
    duration: unit === 1 ? summary.duration : Math.floor(summary.duration / unit),
  });
}

function facts(api: Api): (given: Span) => string {
  return ({ spanId, name, kind, status, resource, startUnixNano, endUnixNano, parentSpanId, attributes }) => {
    const unit = BigInt(Math.min(api.unit, 1000));
    const route = attributes['http.route'] ?? '';
    const duration = (endUnixNano - startUnixNano) / unit;
    // Of `ok` Zipkin does not know.
    const failed = status === 'error';
    return [resource.service, name, kind, failed, startUnixNano / unit, duration, route, spanId, parentSpanId].join();
  };
}

async function filled(open: () => Promise<TraceStore>): Promise<TraceStore> {
  const store = await open();
  // In several deliveries, the parts of a trace apart from each other.
  const parts = [0, 1, 2].map((part) => spans.filter((_, index) => index % 3 === part));
  for (const part of parts) await store.append({ spans: part, logs: [], bytes: 1000 });
  return store;
}

async function sourceOver(store: TraceStore, { kind }: Api): Promise<TraceSource> {
  const { url } = await viewerFor(store);
  const address = kind === 'jaeger-v1' ? `jaeger+${await withoutV3(`${url}/jaeger`)}` : `${kind}+${url}/${kind}`;
  const source = await openTraces(address);
  onTestFinished(() => source.close());
  return source;
}

/** The address of something that passes requests on, but those of Jaeger's v3. */
async function withoutV3(address: string): Promise<string> {
  const server = createServer(async (request, response) => {
    if (request.url?.startsWith('/api/v3/')) {
      response.writeHead(404).end();
      return;
    }
    const answer = await fetch(`${address}${request.url}`);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function openDuckDb(): Promise<TraceStore> {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
  const store = await openDuckDbStore({ file: join(folder, 'traces.duckdb'), maxBytes: 1e9, maxAge: 1e12 });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}
