import { once } from 'node:events';
import { createRequire } from 'node:module';
import { trace } from '@opentelemetry/api';
import { type StartTracingOptions, startTracing } from '@throughline/sdk';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Collector, startCollector } from './collector.ts';
import { bundle } from './process.ts';
import { decodeTraces } from './recorder/decode-otlp.ts';

type Grpc = {
  Server: new () => {
    addService(definition: object, implementation: object): void;
    bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void;
    forceShutdown(): void;
  };
  ServerCredentials: { createInsecure(): unknown };
};

let collector: Collector;

beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) vi.stubEnv(name, undefined);
  collector = await startCollector();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await collector.close();
});

async function exportSpan(options: StartTracingOptions): Promise<void> {
  const tracing = startTracing({ serviceName: 'shop', flushTimeoutMs: 60_000, ...options });
  trace.getTracer('test').startSpan('pay').end();
  await tracing.shutdown();
  expect(tracing.stats()).toEqual({ exported: 1, failed: 0, dropped: 0, pending: 0 });
}

it('delivers spans to Zipkin', async () => {
  await exportSpan({ exporter: 'zipkin', endpoint: collector.url, headers: { 'api-key': 'k' } });
  const [exported] = collector.exports;
  expect(exported?.path).toBe('/api/v2/spans');
  expect(exported?.headers['api-key']).toBe('k');
  expect(JSON.parse(String(exported?.body))).toMatchObject([{ name: 'pay', localEndpoint: { serviceName: 'shop' } }]);
});

it('writes whole numbers beyond 64 bits into OTLP/JSON as doubles, and text that looks like one as it is', async () => {
  const text = '"intValue":1e300, \\"intValue":99999999999999999999';
  const tracing = startTracing({ exporter: 'otlp-json', endpoint: collector.url, flushTimeoutMs: 60_000 });
  const attributes = { a: 2 ** 63, b: -(2 ** 63), c: 1e300, d: 2 ** 62, e: 7, f: text, g: [1, -1e21], h: Number.NaN };
  trace.getTracer('test').startSpan('pay', { attributes }).end();
  await tracing.shutdown();
  const { resourceSpans } = JSON.parse(String(collector.exports[0]?.body));
  expect(resourceSpans[0].scopeSpans[0].spans[0].attributes.map(({ value }: { value: object }) => value)).toEqual([
    { doubleValue: 2 ** 63 },
    { doubleValue: -(2 ** 63) },
    { doubleValue: 1e300 },
    { intValue: 2 ** 62 },
    { intValue: 7 },
    { stringValue: text },
    { arrayValue: { values: [{ intValue: 1 }, { doubleValue: -1e21 }] } },
    { doubleValue: 'NaN' },
  ]);
});

it('writes halves of characters into OTLP/JSON as the replacement character, as it does into protobuf', async () => {
  const tracing = startTracing({ exporter: 'otlp-json', endpoint: collector.url, flushTimeoutMs: 60_000 });
  const attributes = { first: 'a\ud83d', second: '\udc00b', whole: '😀', escaped: '\\ud83d', both: '\\\ud83d' };
  trace.getTracer('test').startSpan('pay', { attributes }).end();
  await tracing.shutdown();
  const { resourceSpans } = JSON.parse(String(collector.exports[0]?.body));
  type Text = { value: { stringValue: string } };
  const texts = resourceSpans[0].scopeSpans[0].spans[0].attributes.map(({ value }: Text) => value.stringValue);
  expect(texts).toEqual(['a\ufffd', '\ufffdb', '😀', '\\ud83d', '\\\ufffd']);
});

it('delivers spans by OTLP over gRPC', async () => {
  const exporterPackage = createRequire(import.meta.url).resolve('@opentelemetry/exporter-trace-otlp-grpc');
  const { Server, ServerCredentials } = createRequire(exporterPackage)('@grpc/grpc-js') as Grpc;
  const received: { body: Buffer; key: unknown }[] = [];
  const server = new Server();
  const asIs = (bytes: Buffer): Buffer => bytes;
  const method = {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  type Call = { request: Buffer; metadata: { get(name: string): unknown[] } };
  server.addService(
    { export: method },
    {
      export({ request, metadata }: Call, done: (error: null, answer: Buffer) => void) {
        received.push({ body: request, key: metadata.get('api-key')[0] });
        done(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  await exportSpan({ exporter: 'otlp-grpc', endpoint: `http://127.0.0.1:${port}`, headers: { 'api-key': 'k' } });
  server.forceShutdown();
  expect(decodeTraces(received[0]?.body as Buffer).resourceSpans[0]?.scopeSpans[0]?.spans[0]?.name).toBe('pay');
  expect(received[0]?.key).toBe('k');
});

it.each(['esm', 'cjs'] as const)(
  'works in an %s bundle, and names the package that a chosen exporter lacks',
  async (format) => {
    const script = await bundle('exporting', format);
    const { code, stderr } = await script.run(['otlp', collector.url]).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(collector.exports).toHaveLength(1);
    for (const [exporter, name] of [
      ['zipkin', '@opentelemetry/exporter-zipkin'],
      ['otlp-grpc', '@opentelemetry/exporter-trace-otlp-grpc'],
    ] as const) {
      const ending = await script.run([exporter]).ended;
      expect(ending.code).toBe(9);
      expect(ending.stderr).toContain(`[sdk] The exporter '${exporter}' needs the package ${name}`);
    }
    script.remove();
  },
);

it('draws traces on stdout, and nothing else', async () => {
  const script = await bundle('exporting');
  const { code, stdout, stderr } = await script.run(['console']).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^trace \w{32} · .+ · 2 spans · 1 service · outer$/);
  expect(lines[2]).toMatch(/^child └─ inner boom +✗/);
  expect(lines[3]).toMatch(/ERROR Error: boom$/);
  script.remove();
});

it('survives a stdout that nobody reads any more', async () => {
  const script = await bundle('exporting');
  const { child, ended } = script.run(['console']);
  child.stdout.destroy();
  await once(child, 'exit');
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
  script.remove();
});
