import { randomBytes } from 'node:crypto';
import { encodeZipkinJson, type Span } from '@throughline/analysis';
import { beforeAll, expect, it, vi } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { openTraces, spansSource, type TraceQuery, type TraceSource } from '../src/index.ts';
import { shopSpans, TRACE_ID } from './spans.ts';

describeWithService('zipkin', 'A Zipkin server', (url) => {
  // Each run has ids, times and names of services of its own: the server may be used by others, too.
  const run = randomBytes(4).toString('hex');
  const traceIds = new Map(shopSpans.map(({ traceId }) => [traceId, randomBytes(16).toString('hex')]));
  const idOf = (traceId: string) => traceIds.get(traceId) ?? '';
  let spans: Span[];
  let own: TraceSource;
  let source: TraceSource;
  let window: { fromMs: number; toMs: number };

  beforeAll(async () => {
    const now = Date.now() - 7_200_000;
    const shift = BigInt(now) * 1_000_000n - (shopSpans[0]?.startUnixNano ?? 0n);
    window = { fromMs: now - 1000, toMs: Date.now() };
    spans = shopSpans.map((span) => ({
      ...span,
      name: span.name.toLowerCase(),
      traceId: idOf(span.traceId),
      startUnixNano: span.startUnixNano + shift,
      endUnixNano: span.endUnixNano + shift,
      resource: { service: `${span.resource.service}-${run}`, attributes: {} },
    }));
    own = spansSource(spans);
    source = await openTraces(`zipkin+${url}`);
    const sent = await fetch(`${url}/api/v2/spans`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(encodeZipkinJson(spans)),
    });
    expect(sent.status, await sent.text()).toBe(202);
    // Zipkin acknowledges before it stores.
    await vi.waitFor(async () => expect(await source.services()).toContain(`web-${run}`), 30_000);
  });

  it.each<[string, () => TraceQuery]>([
    ['a service', () => ({ service: `payment-${run}` })],
    ['a service in capitals', () => ({ service: `Web-${run}`, operation: 'GET /cart' })],
    ['an error', () => ({ service: `web-${run}`, error: true })],
    ['no error', () => ({ service: `web-${run}`, error: false })],
    ['a kind', () => ({ service: `web-${run}`, kind: 'client' })],
    ['a shortest duration', () => ({ service: `web-${run}`, minDurationMs: 100 })],
    ['a longest duration', () => ({ service: `web-${run}`, kind: 'server', maxDurationMs: 5 })],
    ['an attribute', () => ({ service: `payment-${run}`, attributes: { 'http.response.status_code': '503' } })],
    ['an attribute that is not there', () => ({ service: `web-${run}`, attributes: { 'a and b': 'c and d' } })],
    ['a limit', () => ({ service: `web-${run}`, limit: 1 })],
    ['a limit and what Zipkin cannot search by', () => ({ service: `web-${run}`, kind: 'client', limit: 1 })],
  ])('finds %s as a source of the same spans does', async (_, query) => {
    const asked = { ...window, ...query() };
    const lower = asked.service === undefined ? asked : { ...asked, service: asked.service.toLowerCase() };
    const expected = await own.findTraces({ ...lower, ...(asked.operation && { operation: 'get /cart' }) });
    expect(await source.findTraces(asked)).toEqual(expected);
    if (!asked.attributes?.['a and b']) expect(expected).not.toEqual([]);
  });

  it('gives the spans of a trace', async () => {
    const found = await source.getTrace(idOf(TRACE_ID));
    expect(found?.map(({ name, kind, status }) => `${name} ${kind} ${status}`).sort()).toEqual([
      'post /checkout server error',
      'post /pay server error',
      'post client unset',
    ]);
    expect(await source.getTrace(randomBytes(16).toString('hex'))).toBeUndefined();
  });

  it('tells operations and who called whom', async () => {
    expect((await source.operations(`web-${run}`)).map(({ name }) => name)).toEqual([
      'get /cart',
      'post',
      'post /checkout',
    ]);
    const { edges } = await source.dependencies(window);
    expect(edges.filter(({ from }) => from.name === `web-${run}`)).toEqual([
      {
        from: { name: `web-${run}`, kind: 'service' },
        to: { name: `payment-${run}`, kind: 'service' },
        calls: 1,
        errors: 1,
        errorRate: 1,
      },
    ]);
  });
});
