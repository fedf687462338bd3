import { describe, expect, it } from 'vitest';
import { openTraces, spansSource, type TraceQuery } from '../src/index.ts';
import { traceQlOf } from '../src/trace-ql.ts';
import { NEW_YEAR, OTHER_TRACE_ID, shopSpans, TRACE_ID } from './spans.ts';
import { startTempo } from './tempo-server.ts';

const own = spansSource(shopSpans);
const window = { fromMs: NEW_YEAR, toMs: NEW_YEAR + 7_200_000 };

describe('A server with the API of Tempo', () => {
  it.each<[string, TraceQuery]>([
    ['everything', {}],
    ['a service', { service: 'payment' }],
    ['an operation', { service: 'web', operation: 'GET /cart' }],
    ['errors', { service: 'payment', error: true }],
    ['no errors', { service: 'payment', error: false }],
    ['a kind', { service: 'web', kind: 'client' }],
    ['a duration', { service: 'web', minDurationMs: 99.5, maxDurationMs: 100 }],
    ['a number as text', { attributes: { 'http.response.status_code': '503' } }],
    ['a resource', { attributes: { 'service.name': 'payment' } }],
    ['a time', { fromMs: NEW_YEAR + 3_599_000, toMs: NEW_YEAR + 3_601_000 }],
  ])('finds %s as a source of the same spans does', async (_, query) => {
    const { url } = await startTempo(shopSpans);
    const source = await openTraces(`tempo+${url}`);
    expect(await source.findTraces({ ...window, ...query })).toEqual(await own.findTraces({ ...window, ...query }));
  });

  it('gives the spans of a trace, also where its id begins with zeros', async () => {
    const { url } = await startTempo(shopSpans);
    const source = await openTraces(`tempo+${url}`);
    expect((await source.getTrace(TRACE_ID))?.map(({ name }) => name)).toEqual(['POST /checkout', 'POST', 'POST /pay']);
    expect((await source.getTrace(OTHER_TRACE_ID))?.[0]?.attributes).toEqual({});
    expect(await source.getTrace('abc')).toBeUndefined();
  });

  it('tells services, operations and who called whom', async () => {
    const now = BigInt(Date.now() - NEW_YEAR - 1000) * 1_000_000n;
    const recent = shopSpans
      .slice(0, 3)
      .map((span) => ({ ...span, startUnixNano: span.startUnixNano + now, endUnixNano: span.endUnixNano + now }));
    const { url } = await startTempo(recent);
    const source = await openTraces(`tempo+${url}`);
    expect(await source.services()).toEqual(['payment', 'web']);
    expect(await source.operations('web')).toEqual([{ name: 'POST' }, { name: 'POST /checkout' }]);
    const { edges } = await source.dependencies({});
    expect(edges).toMatchObject([{ from: { name: 'web' }, to: { name: 'payment' }, calls: 1, errors: 1 }]);
  });
});

describe('TraceQL', () => {
  it('keeps what is looked for within its quotes', () => {
    expect(traceQlOf({ service: '" || true || "\\\n\ud800', attributes: { 'a" = 1 }\\': '1.5' } })).toBe(
      '{ resource.service.name = "\\" || true || \\"\\\\\\n\ufffd" && ' +
        '(span."a\\" = 1 }\\\\" = "1.5" || span."a\\" = 1 }\\\\" = 1.5 || ' +
        'resource."a\\" = 1 }\\\\" = "1.5" || resource."a\\" = 1 }\\\\" = 1.5) }',
    );
  });

  it('asks for all spans where nothing is given', () => {
    expect(traceQlOf({})).toBe('{ }');
  });
});
