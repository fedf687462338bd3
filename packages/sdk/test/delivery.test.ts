import { trace } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import { type StartTracingOptions, startTracing, type Tracing } from '@throughline/sdk';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { freePort } from '../../../scripts/free-port.mjs';
import { OtlpDelivery } from '../src/otlp-delivery.ts';
import { readOtlpSettings } from '../src/otlp-settings.ts';
import { accept, type Behaviour, type Collector, hang, refuse, spanNames, startCollector } from './collector.ts';
import { decodeTraces } from './recorder/decode-otlp.ts';

let collector: Collector;
let tracing: Tracing | undefined;

beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) vi.stubEnv(name, undefined);
  collector = await startCollector();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  collector.answer = accept;
  await tracing?.shutdown();
  tracing = undefined;
  await collector.close();
});

function start(options: StartTracingOptions = {}): Tracing {
  // Longer than any answer takes on a busy machine; what is to run into its deadline says a shorter one.
  tracing = startTracing({ serviceName: 'shop', endpoint: collector.url, flushTimeoutMs: 30_000, ...options });
  return tracing;
}

function endSpans(count: number, name = 'span'): void {
  const tracer = trace.getTracer('test');
  for (let index = 0; index < count; index++) tracer.startSpan(`${name} ${index}`).end();
}

it('delivers spans by OTLP over HTTP/protobuf', async () => {
  const { flush, stats } = start({ headers: { 'Api-Key': 'k1' } });
  trace
    .getTracer('test', '1.0')
    .startSpan('pay', { attributes: { amount: 7 } })
    .end();
  await flush();
  const [exported] = collector.exports;
  expect(exported?.path).toBe('/v1/traces');
  expect(exported?.headers).toMatchObject({ 'content-type': 'application/x-protobuf', 'api-key': 'k1' });
  const [resourceSpans] = decodeTraces(exported?.body as Buffer).resourceSpans;
  expect(resourceSpans?.resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'shop' } });
  expect(resourceSpans?.scopeSpans[0]?.spans[0]).toMatchObject({
    name: 'pay',
    attributes: [{ key: 'amount', value: { intValue: '7' } }],
  });
  expect(stats()).toEqual({ exported: 1, failed: 0, dropped: 0, pending: 0 });
});

it('delivers spans by OTLP over HTTP/JSON', async () => {
  const { flush } = start({ exporter: 'otlp-json' });
  endSpans(1);
  await flush();
  const [exported] = collector.exports;
  expect(exported?.headers['content-type']).toBe('application/json');
  const { resourceSpans } = JSON.parse(String(exported?.body));
  expect(resourceSpans[0].scopeSpans[0].spans[0]).toMatchObject({ name: 'span 0', spanId: expect.any(String) });
});

it('keeps what a collector is to get that is being started until it is there', async () => {
  const port = await freePort();
  const delivery = new OtlpDelivery(readOtlpSettings(`http://127.0.0.1:${port}`), 'protobuf');
  let start = (): void => {};
  delivery.waitFor(
    new Promise((resolve) => {
      start = resolve;
    }),
  );
  delivery.hurry(true); // nothing is tried twice
  const delivered = delivery.deliver(Buffer.from([0x0a, 0x00]));
  const late = await startCollector(accept, port);
  start();
  expect(await delivered).toBeUndefined();
  expect(late.exports).toHaveLength(1);
  delivery.close();
  await late.close();
});

it('delivers as the variables of OpenTelemetry say', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `${collector.url}/base/`);
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
  vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip');
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'api-key=k%201,tenant=a');
  vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'tenant=b');
  tracing = startTracing({ serviceName: 'shop', headers: { Tenant: 'c' } });
  endSpans(1);
  await tracing.flush();
  const [exported] = collector.exports;
  expect(exported?.path).toBe('/base/v1/traces');
  expect(exported?.headers).toMatchObject({ 'content-encoding': 'gzip', 'api-key': 'k 1', tenant: 'c' });
  expect(JSON.parse(String(exported?.body)).resourceSpans).toHaveLength(1);
});

it('takes OTEL_EXPORTER_OTLP_TRACES_ENDPOINT as it is', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `${collector.url}/own/path?tenant=1`);
  tracing = startTracing({ serviceName: 'shop' });
  endSpans(1);
  await tracing.flush();
  expect(collector.exports[0]?.path).toBe('/own/path?tenant=1');
});

it('exports by itself when a batch is full or the delay is over', async () => {
  vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '10');
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
  start();
  endSpans(25);
  await collector.arrived(3);
  expect(collector.exports.map(({ body }) => decodeTraces(body).resourceSpans[0]?.scopeSpans[0]?.spans.length)).toEqual(
    [10, 10, 5],
  );
});

it('does not export spans that are not sampled', async () => {
  const { flush, stats } = start({ sampling: { ratio: 0 } });
  endSpans(5);
  await flush();
  expect(collector.exports).toEqual([]);
  expect(stats()).toEqual({ exported: 0, failed: 0, dropped: 0, pending: 0 });
});

it.each<[string, Behaviour]>([
  ['400', refuse(400)],
  ['404', refuse(404)],
  ['500', refuse(500)],
  ['401 with a long answer', (response) => void response.writeHead(401).end('x'.repeat(1_000_000))],
  ['a closed connection', (response) => void response.destroy()],
])('counts the spans of a collector that answers %s', async (_what, answer) => {
  collector.answer = answer;
  const { shutdown, stats } = start();
  endSpans(3);
  await shutdown();
  expect(stats()).toEqual({ exported: 0, failed: 3, dropped: 0, pending: 0 });
});

it('counts the spans that a collector rejects out of a batch', async () => {
  // ExportTraceServiceResponse { partial_success { rejected_spans: 2, error_message: "full" } }
  const answer = Buffer.from([0x0a, 0x08, 0x08, 0x02, 0x12, 0x04, ...Buffer.from('full')]);
  collector.answer = (response) => void response.end(answer);
  const { flush, stats } = start();
  endSpans(5);
  await flush();
  expect(stats()).toEqual({ exported: 3, failed: 2, dropped: 0, pending: 0 });
});

it('delivers again what a collector may take later', async () => {
  collector.answer = (response) => {
    collector.answer = accept;
    refuse(503, { 'retry-after': '0' })(response, { path: '', headers: {}, body: Buffer.alloc(0) });
  };
  const { flush, stats } = start();
  endSpans(2);
  await flush();
  expect(spanNames(collector)).toEqual(['span 0', 'span 1', 'span 0', 'span 1']);
  expect(stats()).toEqual({ exported: 2, failed: 0, dropped: 0, pending: 0 });
});

it('does not wait for another attempt when it is shut down', async () => {
  collector.answer = refuse(503);
  const { shutdown, stats } = start({ flushTimeoutMs: 60_000 });
  endSpans(2);
  await shutdown();
  expect(stats()).toEqual({ exported: 0, failed: 2, dropped: 0, pending: 0 });
  expect(collector.exports).toHaveLength(1);
});

it('keeps a bounded number of spans, and counts the others, while the collector hangs', async () => {
  vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', '20');
  vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '10');
  collector.answer = hang;
  const { flush, shutdown, stats } = start({ flushTimeoutMs: 300 });
  endSpans(10);
  await collector.arrived(1);
  endSpans(1000);
  expect(stats()).toEqual({ exported: 0, failed: 0, dropped: 980, pending: 30 });
  await flush();
  expect(stats().pending).toBe(30);
  await shutdown();
  expect(stats()).toMatchObject({ exported: 0, dropped: 1000 });
  await vi.waitFor(() => expect(stats()).toMatchObject({ failed: 10, pending: 0 }), 30_000);
});

it('counts the spans that nobody listens for', async () => {
  const { shutdown, stats } = start({ endpoint: `http://127.0.0.1:${await freePort()}`, flushTimeoutMs: 60_000 });
  endSpans(3);
  await shutdown();
  expect(stats()).toEqual({ exported: 0, failed: 3, dropped: 0, pending: 0 });
});

it('recovers when the collector does', async () => {
  collector.answer = refuse(500);
  const { flush, stats } = start();
  endSpans(1, 'lost');
  await flush();
  collector.answer = accept;
  endSpans(1, 'kept');
  await flush();
  expect(stats()).toEqual({ exported: 1, failed: 1, dropped: 0, pending: 0 });
});

it.each<[string, SpanExporter['export'], { exported?: number; failed: number; pending: number }]>([
  [
    'throws',
    () => {
      throw new Error('bug');
    },
    { failed: 2, pending: 0 },
  ],
  ['never answers', () => {}, { failed: 0, pending: 2 }],
  [
    'answers twice',
    (_spans, done) => {
      done({ code: 0 });
      done({ code: 1 });
    },
    { exported: 2, failed: 0, pending: 0 },
  ],
])('lives with an exporter that %s', async (_what, send, expected) => {
  const { flush, stats } = start({
    exporter: { export: send, shutdown: async () => {} },
    ...(expected.pending > 0 && { flushTimeoutMs: 300 }),
    endpoint: undefined as never,
  });
  endSpans(2);
  await flush();
  expect(stats()).toMatchObject(expected);
});

it('lives with a span processor whose flush and shutdown fail', async () => {
  const failing = async (): Promise<void> => {
    throw new Error('bug');
  };
  const { flush, shutdown } = start({
    spanProcessors: [{ onStart() {}, onEnd() {}, forceFlush: failing, shutdown: failing }],
  });
  endSpans(1);
  await flush();
  await shutdown();
  expect(spanNames(collector)).toEqual(['span 0']);
});

it('drops and counts spans that end after the shutdown', async () => {
  const { shutdown, stats } = start();
  await shutdown();
  endSpans(2);
  expect(stats()).toEqual({ exported: 0, failed: 0, dropped: 2, pending: 0 });
});
