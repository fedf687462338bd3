import { randomBytes } from 'node:crypto';
import { buildTrace, decodeZipkinJson, encodeZipkinJson, type Span } from '@throughline/analysis';
import { describe, expect, it, vi } from 'vitest';
import { makeSpan } from './spans.ts';

const url = process.env.THROUGHLINE_TEST_ZIPKIN_URL;
if (url === undefined && process.env.CI === 'true') throw new Error('THROUGHLINE_TEST_ZIPKIN_URL is not set.');
const start = 'node scripts/services.mjs run zipkin -- npx vitest run packages/analysis/test/zipkin-server.test.ts';

describe.skipIf(url === undefined)(`A Zipkin server (else skipped; ${start})`, () => {
  it('takes spans as they are written and answers them so that they are read as the same trace', async () => {
    const traceId = randomBytes(16).toString('hex');
    const [root, call, work] = [randomBytes(8), randomBytes(8), randomBytes(8)].map((id) => id.toString('hex')) as [
      string,
      string,
      string,
    ];
    const now = BigInt(Date.now()) * 1_000_000n;
    const span = (spanId: string, shape: Partial<Span> & { service: string }, [from, to]: [number, number]): Span => {
      const { service } = shape;
      return {
        ...makeSpan(spanId, { ...shape, traceId }),
        resource: { service, attributes: { 'service.name': service } },
        startUnixNano: now + BigInt(from) * 1000n,
        endUnixNano: now + BigInt(to) * 1000n,
      };
    };
    const spans = [
      span(root, { service: 'web', kind: 'server', name: 'get /', attributes: { 'http.route': '/' } }, [0, 900]),
      span(
        call,
        { service: 'web', kind: 'client', name: 'get /api', parentSpanId: root, attributes: { 'peer.service': 'api' } },
        [10, 800],
      ),
      span(
        call,
        {
          service: 'api',
          kind: 'server',
          name: 'get /api',
          parentSpanId: root,
          status: 'error',
          statusMessage: 'no stock',
        },
        [20, 700],
      ),
      span(
        work,
        {
          service: 'api',
          name: 'work',
          parentSpanId: call,
          events: [{ name: 'retry', timeUnixNano: now + 50_000n, attributes: { attempt: 2 } }],
        },
        [30, 600],
      ),
    ];
    const sent = await fetch(`${url}/api/v2/spans`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(encodeZipkinJson(spans)),
    });
    expect(sent.status, await sent.text()).toBe(202);

    // Zipkin acknowledges before it stores.
    const stored = await vi.waitFor(async () => {
      const answer = await fetch(`${url}/api/v2/trace/${traceId}`);
      expect(answer.status).toBe(200);
      return decodeZipkinJson(await answer.text());
    }, 30_000);
    const trace = buildTrace(stored);
    expect(trace.warnings).toEqual([]);
    expect(
      trace.spans.map(({ span: { kind, name, resource }, depth }) => [depth, kind, name, resource.service]),
    ).toEqual([
      [0, 'server', 'get /', 'web'],
      [1, 'client', 'get /api', 'web'],
      [2, 'server', 'get /api', 'api'],
      [3, 'internal', 'work', 'api'],
    ]);
    expect(trace.spans[1]?.span.attributes).toEqual({ 'peer.service': 'api' });
    expect(trace.spans[2]?.span).toMatchObject({
      status: 'error',
      statusMessage: 'no stock',
      startUnixNano: now + 20_000n,
    });
    expect(trace.spans[3]?.span.events).toMatchObject([{ name: 'retry', attributes: { attempt: 2 } }]);
  });
});
