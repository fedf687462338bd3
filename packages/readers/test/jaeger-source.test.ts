import { describe, expect, it } from 'vitest';
import { openTraces, spansSource, type TraceQuery } from '../src/index.ts';
import { type Release, startJaeger } from './jaeger-server.ts';
import { NEW_YEAR, shopSpans, TRACE_ID } from './spans.ts';

const own = spansSource(shopSpans);
const window = { fromMs: NEW_YEAR - 1000, toMs: NEW_YEAR + 7_200_000 };

describe.each<Release>(['1.20', '2.10', '2.20'])('A server with the query API of Jaeger %s', (release) => {
  const open = async (settings = {}) => {
    const server = await startJaeger(shopSpans, release, settings);
    return { source: await openTraces(`jaeger+${server.url}`), ...server };
  };

  it.each<[string, TraceQuery]>([
    ['everything', {}],
    ['a service', { service: 'payment' }],
    ['an operation', { service: 'web', operation: 'GET /cart' }],
    ['errors', { service: 'payment', error: true }],
    ['no errors', { service: 'web', error: false }],
    ['a kind', { service: 'web', kind: 'client' }],
    ['a duration', { service: 'web', minDurationMs: 99.5, maxDurationMs: 100 }],
    ['an attribute', { attributes: { 'http.response.status_code': '503' } }],
    ['a limit', { limit: 1 }],
    ['nothing that is there', { service: 'web', operation: 'DELETE /' }],
  ])('finds %s as a source of the same spans does', async (_, query) => {
    const { source } = await open();
    expect(await source.findTraces({ ...window, ...query })).toEqual(await own.findTraces({ ...window, ...query }));
  });

  it('gives the spans of a trace', async () => {
    const { source } = await open();
    const spans = await source.getTrace(TRACE_ID);
    expect(spans?.map(({ name, kind, status }) => [name, kind, status])).toEqual([
      ['POST /checkout', 'server', 'error'],
      ['POST', 'client', 'unset'],
      ['POST /pay', 'server', 'error'],
    ]);
    expect(spans?.[2]?.attributes['http.response.status_code']).toBe(503);
    expect(await source.getTrace('abc')).toBeUndefined();
  });

  it('tells services, operations and who called whom', async () => {
    const { source } = await open();
    expect(await source.services()).toEqual(await own.services());
    expect(await source.operations('web')).toEqual(await own.operations('web'));
    expect(await source.dependencies({})).toEqual({
      nodes: [
        { name: 'payment', kind: 'service' },
        { name: 'web', kind: 'service' },
      ],
      edges: [{ from: { name: 'web', kind: 'service' }, to: { name: 'payment', kind: 'service' }, calls: 3 }],
    });
  });

  it('searches the last hour unless told otherwise', async () => {
    const { source } = await open();
    expect(await source.findTraces({ service: 'web' })).toEqual([]);
  });

  it('says what is wrong with a query', async () => {
    const { source, url } = await open();
    await expect(source.findTraces({ service: 'web', minDurationMs: Number.NaN })).rejects.toThrow(
      new RegExp(`^\\[readers\\] Jaeger at ${url}, /api/\\S+: answers 400: time: invalid duration "NaN[nu]s"`),
    );
  });
});

describe('A server with the query API of Jaeger', () => {
  it('whose storage wants a service is asked for each of them', async () => {
    const { url } = await startJaeger(shopSpans, '2.20', { needsService: true });
    const source = await openTraces(`jaeger+${url}`);
    expect(await source.findTraces(window)).toEqual(await own.findTraces(window));
  });

  it('is what an address without a kind is taken for', async () => {
    const { url } = await startJaeger(shopSpans, '2.20');
    expect(await (await openTraces(url)).services()).toEqual(['payment', 'web']);
  });

  it('is asked for summaries, not for spans, where it has them', async () => {
    const { url, requests } = await startJaeger(shopSpans, '2.20');
    await (await openTraces(url)).findTraces(window);
    expect(requests.map((request) => request.split('?')[0])).toEqual([
      'GET /api/v3/services',
      'GET /api/v3/trace-summaries',
    ]);
  });
});
