import { randomBytes } from 'node:crypto';
import { SpanKind } from '@opentelemetry/api';
import { withSpan } from '@throughline/core';
import { startTracing } from '@throughline/sdk';
import { expect, it, vi } from 'vitest';
import { describeWithService } from '../../../test/service.ts';

type ZipkinSpan = {
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  readonly kind?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly localEndpoint: { readonly serviceName: string };
};

describeWithService('zipkin', "Zipkin's own server", (url) => {
  it('has the spans of a service that exports to it, as the service made them', async () => {
    const serviceName = `pay-${randomBytes(4).toString('hex')}`;
    const tracing = startTracing({ serviceName, exporter: 'zipkin', endpoint: url, flushTimeoutMs: 60_000 });
    let traceId = '';
    const failing = withSpan('GET /pay', { kind: SpanKind.SERVER }, (root) => {
      ({ traceId } = root.spanContext());
      return withSpan('charge', async (span) => {
        span.setAttribute('card', 'visa');
        throw new Error('declined');
      });
    });
    await expect(failing).rejects.toThrow('declined');
    await tracing.shutdown();
    expect(tracing.stats()).toEqual({ exported: 2, failed: 0, dropped: 0, pending: 0 });

    const spans = await vi.waitFor(
      async () => {
        const response = await fetch(`${url}/api/v2/trace/${traceId}`);
        expect(response.status).toBe(200);
        return (await response.json()) as ZipkinSpan[];
      },
      { timeout: 20_000, interval: 200 },
    );
    expect(spans).toHaveLength(2);
    const root = spans.find(({ name }) => name === 'get /pay');
    expect(root).toMatchObject({ kind: 'SERVER', localEndpoint: { serviceName }, tags: { error: 'declined' } });
    expect(root?.parentId).toBeUndefined();
    const charge = spans.find(({ name }) => name === 'charge');
    expect(charge).toMatchObject({
      parentId: root?.id,
      localEndpoint: { serviceName },
      tags: { card: 'visa', 'otel.status_code': 'ERROR', error: 'declined' },
    });
  });
});
