import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trace } from '@opentelemetry/api';
import { startTracing } from '@throughline/sdk';
import { expect, it, vi } from 'vitest';

it('follows Jaeger with the name of the service, and asks no more after the shutdown', async () => {
  const asked: string[] = [];
  const jaeger = createServer((request, response) => {
    asked.push(request.url ?? '');
    jaeger.emit('asked');
    response.end(JSON.stringify({ strategyType: 'PROBABILISTIC', probabilisticSampling: { samplingRate: 1 } }));
  });
  jaeger.listen(0, '127.0.0.1');
  await once(jaeger, 'listening');
  const endpoint = `http://127.0.0.1:${(jaeger.address() as AddressInfo).port}/sampling`;
  const sampling = { ratio: 0, jaegerRemote: { endpoint, intervalMs: 20 } };
  const tracing = startTracing({ serviceName: 'shop', exporter: 'none', sampling });
  const isSampled = (): boolean => {
    const span = trace.getTracer('test').startSpan('root', { root: true });
    span.end();
    return span.isRecording() || (span.spanContext().traceFlags & 1) === 1;
  };
  try {
    expect(isSampled()).toBe(false);
    await vi.waitFor(() => expect(isSampled()).toBe(true), 30_000);
    await once(jaeger, 'asked');
    expect(new Set(asked)).toEqual(new Set(['/sampling?service=shop']));
    await tracing.shutdown();
    const before = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    // One question may have been under way.
    expect(asked.length).toBeLessThanOrEqual(before + 1);
  } finally {
    await tracing.shutdown();
    jaeger.close();
    jaeger.closeAllConnections();
  }
});
