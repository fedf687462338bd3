import type { Span } from '@throughline/analysis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseQuery } from '../src/query/parse-query.ts';
import { openDuckDbStore } from '../src/store/duckdb-store.ts';
import { createMemoryStore } from '../src/store/memory-store.ts';
import type { TraceStore } from '../src/store/trace-store.ts';
import { fileForTest } from './file-for-test.ts';
import { nextId, ORIGIN, resourceNamed, span } from './spans.ts';

const ORIGIN_MS = Number(ORIGIN / 1_000_000n);

async function duckDb(file = fileForTest(), maxBytes = 2 ** 30, maxAge = 1e12): Promise<TraceStore> {
  const store = await openDuckDbStore({ file, maxBytes, maxAge });
  onTestFinished(() => store.close());
  return store;
}

const selection = (query: string) => ({ filter: parseQuery(query) });

/** Three traces: one of two services with an error, a slow one, and one with all sorts of attributes. */
function sample(): { spans: Span[]; failed: string; slow: string; odd: string } {
  const [failed, slow, odd] = [nextId(32), nextId(32), nextId(32)];
  const root = span({ traceId: failed, name: 'GET /cart', startMs: 0, durationMs: 50 });
  const attributes = { 'http.response.status_code': 503, 'http.route': '/items/:id' };
  const child = { traceId: failed, parentSpanId: root.spanId, status: 'error', statusMessage: 'no stock' } as const;
  const oddAttributes = {
    list: ['a', 'b'],
    nested: { deep: [1, { x: null }] },
    flag: true,
    ratio: 0.5,
    infinite: Number.POSITIVE_INFINITY,
    text: '[not a list',
    'a/b~c "quoted"': "it's",
    constructor: 'own',
    empty: null,
  };
  return {
    spans: [
      root,
      span({ ...child, service: 'stock', name: 'GET /items/:id', startMs: 10, durationMs: 30, attributes }),
      span({ traceId: slow, name: 'GET /report', startMs: 1000, durationMs: 5000 }),
      span({
        traceId: odd,
        service: 'batch',
        name: "odd 'name'",
        kind: 'internal',
        startMs: 2000,
        durationMs: 1,
        attributes: oddAttributes,
        traceState: 'ot=th:8',
        flags: 257,
        events: [{ name: 'retry', timeUnixNano: ORIGIN + 5n, attributes: { attempt: 2 } }],
        links: [{ traceId: failed, spanId: root.spanId, attributes: { why: 'batch' }, traceState: 'a=b' }],
        scope: { name: 'lib', version: '1' },
        droppedAttributes: 3,
      }),
    ],
    failed,
    slow,
    odd,
  };
}

describe.each([
  ['memory', async () => createMemoryStore()],
  ['DuckDB', () => duckDb()],
])('the %s store', (_, open) => {
  it.each<[string, readonly ('failed' | 'slow' | 'odd')[]]>([
    ['', ['odd', 'slow', 'failed']],
    ['{}', ['odd', 'slow', 'failed']],
    ['{ resource.service.name = "stock" }', ['failed']],
    ['service = stock', ['failed']],
    ['{ name = "GET /cart" } && { status = error }', ['failed']],
    ['{ name = "GET /cart" && status = error }', []],
    ['{ status = error } || { duration > 1s }', ['slow', 'failed']],
    ['duration >= 5s OR flag = true', ['odd', 'slow']],
    ['NOT name =~ "GET .*"', ['odd']],
    ['name !~ "GET .*"', ['odd']],
    ['name =~ "GET"', []],
    ['{ span.http.response.status_code >= 500 }', ['failed']],
    ['{ .http.response.status_code != 200 }', ['failed']],
    ['{ .http.response.status_code = 503 }', ['failed']],
    ['http.route = "/items/:id"', ['failed']],
    ['{ .list = "b" }', ['odd']],
    ['{ .text = "[not a list" }', ['odd']],
    ['{ span."a/b~c \\"quoted\\"" = "it\'s" }', ['odd']],
    ['{ .ratio < 0.6 }', ['odd']],
    ['{ .constructor != nil }', ['odd']],
    ['{ .toString != nil }', []],
    ['{ .http.route = nil && kind = internal }', ['odd']],
    ['{ resource.host.name = "stock-1" }', ['failed']],
    ['{ span.host.name = "stock-1" }', []],
    ['{ traceDuration > 1s }', ['slow']],
    ['{ rootServiceName = "shop" && name = "GET /items/:id" }', ['failed']],
    ['stock', ['failed']],
    ['"no stock"', ['failed']],
    ["odd 'name'", ['odd']],
    ['items AND NOT error', ['failed']],
  ])('finds the traces that %s means', async (query, expected) => {
    const store = await open();
    const { spans, ...ids } = sample();
    await store.append({ spans, logs: [], bytes: 1000 });
    const found = await store.search(selection(query), 'latest', 10);
    expect(found.map(({ traceId }) => traceId)).toEqual(expected.map((name) => ids[name]));
  });

  it('finds words in capitals and not, letter by letter', async () => {
    const store = await open();
    const spans = ['İstanbul', 'ΟΔΟΣ', 'STRASSE'].map((name) => span({ name, attributes: { place: name } }));
    await store.append({ spans, logs: [], bytes: 1000 });
    const found = async (text: string) =>
      (await store.search({ filter: { is: 'span', filter: { is: 'text', text } } }, 'latest', 10)).map(
        ({ rootName }) => rootName,
      );
    expect(await found('istan')).toEqual(['İstanbul']);
    expect(await found('İSTAN')).toEqual(['İstanbul']);
    expect(await found('οδοσ')).toEqual(['ΟΔΟΣ']);
    expect(await found('ΟΔΟΣ')).toEqual(['ΟΔΟΣ']);
    expect(await found('strasse')).toEqual(['STRASSE']);
  });

  it('gives back what it was given', async () => {
    const store = await open();
    const { spans, odd, failed } = sample();
    await store.append({ spans, logs: [], bytes: 1000 });
    const [sent] = spans.filter(({ traceId }) => traceId === odd);
    const [first] = (await store.getTrace(odd)) ?? [];
    // Of a file, what is seldom looked at is read when it is.
    const found: Span | undefined = first !== undefined && 'toJSON' in first ? (first.toJSON as () => Span)() : first;
    const infinite = found?.attributes.infinite;
    expect([Number.POSITIVE_INFINITY, 'Infinity']).toContain(infinite);
    expect({ ...found, attributes: { ...found?.attributes, infinite } }).toEqual({
      ...sent,
      attributes: { ...sent?.attributes, infinite },
      parentSpanId: undefined,
      statusMessage: undefined,
      ...(found !== undefined && 'droppedEvents' in found && { droppedEvents: undefined, droppedLinks: undefined }),
    });
    expect(found?.attributes.toString).toBe(sent === undefined ? '' : found?.attributes.toString);
    expect((await store.getTrace(failed))?.length).toBe(2);
    expect(await store.getTrace(nextId(32))).toBeUndefined();
  });

  it('sorts by time, duration and errors, and within a window', async () => {
    const store = await open();
    const { spans, failed, slow, odd } = sample();
    await store.append({ spans, logs: [], bytes: 1000 });
    const ids = async (sort: 'latest' | 'slowest' | 'errors', window = {}) =>
      (await store.search({ ...selection(''), ...window }, sort, 2)).map(({ traceId }) => traceId);
    expect(await ids('latest')).toEqual([odd, slow]);
    expect(await ids('slowest')).toEqual([slow, failed]);
    expect(await ids('errors')).toEqual([failed, odd]);
    expect(await ids('latest', { fromMs: ORIGIN_MS - 10, toMs: ORIGIN_MS + 100 })).toEqual([failed]);
    expect(await ids('latest', { fromMs: ORIGIN_MS + 3000 })).toEqual([slow]);
    expect(await ids('latest', { run: 7 })).toEqual([]);
  });

  it('counts the spans that match, and of those with a time the ones that start within it', async () => {
    const store = await open();
    const traceId = nextId(32);
    const spans = [0, 100, 200, 300].map((startMs, at) =>
      span({ traceId, startMs, durationMs: 10, ...(at === 1 && { status: 'error' }) }),
    );
    const other = span({ startMs: 250, durationMs: 500, status: 'error' });
    await store.append({ spans: [...spans, other], logs: [], bytes: 1000 });
    const counts = async (query: string, fromMs?: number, toMs?: number) => {
      const window = {
        ...(fromMs !== undefined && { fromMs: ORIGIN_MS + fromMs }),
        ...(toMs !== undefined && { toMs: ORIGIN_MS + toMs }),
      };
      const found = await store.search({ ...selection(query), ...window }, 'latest', 10);
      return found.map((trace) => [trace.traceId === traceId ? 'one' : 'other', trace.matchCount]);
    };
    expect(await counts('service = shop')).toEqual([
      ['other', 1],
      ['one', 4],
    ]);
    expect(await counts('service = shop', 90, 210)).toEqual([['one', 2]]);
    // Of the other there is something at that time, and nothing that starts then.
    expect(await counts('service = shop', 299, 1000)).toEqual([['one', 1]]);
    expect(await counts('', 299, 1000)).toEqual([
      ['other', 1],
      ['one', 4],
    ]);
    expect(await counts('status = error', 150)).toEqual([['other', 1]]);
    expect(await counts('{ status = error } && { service = shop }', 90, 210)).toEqual([['one', 2]]);
    expect(await counts('{ status = error } && { service = shop }', 190, 210)).toEqual([]);
    expect(await counts('duration > 1ms', 100, 100)).toEqual([['one', 1]]);
    expect(await counts('duration > 1ms', 100.001, 199.999)).toEqual([]);
  });

  it('summarises a trace whose spans come one by one, the root last', async () => {
    const store = await open();
    const { spans, failed } = sample();
    for (const one of spans.slice(0, 2).reverse()) await store.append({ spans: [one], logs: [], bytes: 100 });
    expect(await store.summaries([failed])).toEqual([
      {
        traceId: failed,
        rootService: 'shop',
        rootName: 'GET /cart',
        startUnixNano: `${ORIGIN}`,
        duration: 50e6,
        spanCount: 2,
        errorCount: 1,
        matchCount: 0,
        services: expect.arrayContaining([
          { name: 'shop', spanCount: 1, errorCount: 0 },
          { name: 'stock', spanCount: 1, errorCount: 1 },
        ]),
        run: 1,
      },
    ]);
  });

  it('counts operations, with quantiles within 1 % and by what their sampling says', async () => {
    const store = await open();
    const spans = Array.from({ length: 200 }, (_, index) =>
      span({ startMs: index * 10, durationMs: index + 1, status: index < 20 ? 'error' : 'unset' }),
    );
    spans.push(span({ name: 'sampled', traceState: 'ot=th:8', durationMs: 7 }));
    await store.append({ spans, logs: [], bytes: 1000 });
    const [usual, sampled] = await store.statistics(selection(''));
    expect(usual).toMatchObject({ service: 'shop', name: 'GET /orders', kind: 'server', calls: 200, errors: 20 });
    expect(Math.abs((usual?.p50 ?? 0) / 100e6 - 1)).toBeLessThan(0.011);
    expect(Math.abs((usual?.p99 ?? 0) / 198e6 - 1)).toBeLessThan(0.011);
    expect(usual?.rate).toBeCloseTo(200 / 1.99, 1);
    expect(sampled).toMatchObject({ name: 'sampled', calls: 2 });
    const rank = await store.rank({ service: 'shop', name: 'GET /orders', kind: 'server' }, 150e6);
    expect(rank).toMatchObject({ spans: 200, percentile: 149 / 200 });
    expect(Math.abs(rank.p95 / 190e6 - 1)).toBeLessThan(0.02);
  });

  it('draws a heat map of all spans', async () => {
    const store = await open();
    const spans = [0, 500, 1000].map((startMs) => span({ startMs, durationMs: startMs === 500 ? 100 : 1 }));
    await store.append({ spans: [...spans, span({ status: 'error', durationMs: 1 })], logs: [], bytes: 1000 });
    const map = await store.heatMap(selection(''), 10);
    expect(map).toMatchObject({ fromMs: ORIGIN_MS, toMs: ORIGIN_MS + 1000, columns: 10, spans: 4 });
    const cells = map.cells.map((cell, at) => ({
      bound: map.bounds[Math.floor(cell / 10)],
      column: cell % 10,
      count: map.counts[at],
      errors: map.errors[at],
    }));
    expect(cells).toEqual([
      { bound: 1e6, column: 0, count: 2, errors: 1 },
      { bound: 1e6, column: 9, count: 1, errors: 0 },
      { bound: 100e6, column: 5, count: 1, errors: 0 },
    ]);
  });

  it('tells services, operations, who calls whom, logs and runs', async () => {
    const store = await open();
    const { spans, failed, odd } = sample();
    const log = { timeUnixNano: ORIGIN, severity: 9, body: { a: [1] }, attributes: { k: 'v' }, traceId: failed };
    await store.append({ spans: spans.slice(0, 2), logs: [{ ...log, resource: resourceNamed('shop') }], bytes: 1000 });
    expect(await store.startRun()).toMatchObject({ id: 2 });
    await store.append({ spans: spans.slice(2), logs: [], bytes: 1000 });
    expect(await store.services()).toEqual(['batch', 'shop', 'stock']);
    expect(await store.operations('shop')).toEqual([
      { name: 'GET /cart', kind: 'server' },
      { name: 'GET /report', kind: 'server' },
    ]);
    expect((await store.dependencies({})).edges).toMatchObject([
      { from: { name: 'shop' }, to: { name: 'stock' }, calls: 1, errors: 1 },
    ]);
    expect(await store.logs(failed, 10)).toMatchObject([log]);
    expect([await store.countLogs(failed), await store.countLogs(odd)]).toEqual([1, 0]);
    expect(await store.runs()).toMatchObject([
      { id: 1, traces: 1, spans: 2 },
      { id: 2, traces: 2, spans: 2 },
    ]);
    const found = await store.search({ ...selection('shop'), run: 2 }, 'latest', 10);
    expect(found.map(({ rootName }) => rootName)).toEqual(['GET /report']);
    expect((await store.profile({ ...selection(''), run: 1 }, 10)).traces).toBe(1);
    expect((await store.spans(selection('GET'), 10)).map(({ name }) => name)).toEqual([
      'GET /report',
      'GET /items/:id',
      'GET /cart',
    ]);
  });

  it('finds by the query of any source of traces', async () => {
    const store = await open();
    const { spans, failed, slow, odd } = sample();
    await store.append({ spans, logs: [], bytes: 1000 });
    const find = async (query: Parameters<TraceStore['findTraces']>[0]) =>
      (await store.findTraces(query)).map(({ traceId }) => traceId);
    expect(await find({ service: 'stock', error: true })).toEqual([failed]);
    expect(await find({ service: 'shop', error: true })).toEqual([]);
    expect(await find({ service: 'shop', error: false })).toEqual([slow, failed]);
    expect(await find({ minDurationMs: 1000 })).toEqual([slow]);
    expect(await find({ attributes: { flag: 'true' }, kind: 'internal' })).toEqual([odd]);
    expect(await find({ limit: 1 })).toEqual([odd]);
  });
});

describe('the DuckDB store', () => {
  it('keeps what it has over a restart, and goes on with its runs', async () => {
    const file = fileForTest();
    const { spans, odd } = sample();
    const first = await openDuckDbStore({ file, maxBytes: 1e9, maxAge: 1e12 });
    await first.append({ spans, logs: [], bytes: 1000 });
    await first.close();
    const second = await duckDb(file);
    expect((await second.getTrace(odd))?.[0]?.resource.service).toBe('batch');
    await second.append({ spans: [span({ service: 'late' })], logs: [], bytes: 1000 });
    expect(await second.runs()).toMatchObject([
      { id: 1, spans: 4 },
      { id: 2, spans: 1 },
    ]);
    expect(await second.services()).toEqual(['batch', 'late', 'shop', 'stock']);
  });

  it('lets go what is too old', async () => {
    const store = await duckDb(undefined, 2 ** 30, 1);
    await store.append({ spans: [span({ service: 'old' })], logs: [], bytes: 1 });
    // So much that it looks what there is to keep.
    const isGone = async () => {
      await store.append({ spans: [span({ service: 'new' })], logs: [], bytes: 2 ** 26 });
      return !(await store.services()).includes('old');
    };
    await expect.poll(isGone, { timeout: 20_000 }).toBe(true);
  });

  it('lets what came first go when its file is too large', async () => {
    const store = await duckDb(undefined, 3_000_000);
    const filler = () => Array.from({ length: 200 }, () => nextId(32).repeat(3) + Math.random()).join();
    for (let round = 0; round < 60; round++) {
      const spans = Array.from({ length: 10 }, () =>
        span({ name: `round ${round}`, attributes: { filler: filler() } }),
      );
      await store.append({ spans, logs: [], bytes: 200_000 });
    }
    await expect.poll(async () => (await store.status()).bytes, { timeout: 20_000 }).toBeLessThan(6_000_000);
    const names = await store.operations('shop');
    expect(names.some(({ name }) => name === 'round 59')).toBe(true);
    expect(names.some(({ name }) => name === 'round 0')).toBe(false);
  });

  it('rejects a pattern that the database cannot read, with what it expects', async () => {
    const store = await duckDb();
    await store.append({ spans: [span()], logs: [], bytes: 1 });
    const compare = { is: 'compare', field: { of: 'name' }, by: '=~', value: '(?=x)' } as const;
    const filter = { is: 'span', filter: compare } as const;
    await expect(store.search({ filter }, 'latest', 1)).rejects.toThrow('look-around');
  });
});
