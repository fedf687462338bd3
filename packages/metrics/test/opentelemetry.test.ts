import { createServer, request as sendRequest } from 'node:http';
import { type Attributes, metrics as api, context, propagation, SpanKind, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  AggregationType,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { tracedFetch } from '@throughline/clients/fetch';
import { tracedListener } from '@throughline/core';
import { type Metrics, startMetrics } from '@throughline/metrics';
import { afterEach, expect, it } from 'vitest';
import { createShop, get, listen, type Running } from './shop.ts';

let metrics: Metrics | undefined;
let shop: Running | undefined;
let provider: MeterProvider | undefined;
let exporter: InMemoryMetricExporter;

function createProvider(views: ViewOptions[] = []): MeterProvider {
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  provider = new MeterProvider({ readers: [reader], views });
  return provider;
}

afterEach(async () => {
  metrics?.stop();
  await shop?.close();
  await provider?.shutdown();
  api.disable();
  trace.disable();
  context.disable();
  propagation.disable();
  metrics = undefined;
  shop = undefined;
  provider = undefined;
});

async function collect(): Promise<MetricData[]> {
  exporter.reset();
  await provider?.forceFlush();
  return exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
}

async function points(name: string): Promise<DataPoint<Histogram>[]> {
  const found = (await collect()).find(({ descriptor }) => descriptor.name === name);
  return (found?.dataPoints ?? []) as DataPoint<Histogram>[];
}

async function counts(name: string): Promise<[Attributes, number][]> {
  return (await points(name)).map(({ attributes, value }) => [attributes, value.count]);
}

const DURATION = 'http.server.request.duration';

it('records by the conventions with a provider that is registered', async () => {
  api.setGlobalMeterProvider(createProvider());
  metrics = startMetrics();
  shop = await listen(createShop());
  for (let n = 0; n < 3; n += 1) await get(`${shop.url}/items/${n}`);
  await get(`${shop.url}/fail`);
  await get(`${shop.url}/nowhere`);
  const common = { 'http.request.method': 'GET', 'url.scheme': 'http', 'network.protocol.version': '1.1' };
  await expect
    .poll(() => counts(DURATION))
    .toEqual([
      [{ ...common, 'http.route': '/items/:id', 'http.response.status_code': 200 }, 3],
      [{ ...common, 'http.route': '/fail', 'http.response.status_code': 500, 'error.type': 'RangeError' }, 1],
      [{ ...common, 'http.response.status_code': 404 }, 1],
    ]);
  const [first] = await points(DURATION);
  expect(first?.value.buckets.boundaries).toEqual([
    ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  ]);
  expect(first?.value.sum).toBeLessThan(3);
  const units = Object.fromEntries((await collect()).map(({ descriptor }) => [descriptor.name, descriptor.unit]));
  expect(units).toEqual({
    'http.server.request.duration': 's',
    'http.server.request.body.size': 'By',
    'http.server.response.body.size': 'By',
    'http.server.active_requests': '{request}',
  });
});

it('finds a provider that is registered later', async () => {
  metrics = startMetrics();
  shop = await listen(createShop());
  await get(`${shop.url}/items/1`);
  api.setGlobalMeterProvider(createProvider());
  await get(`${shop.url}/items/2`);
  await expect.poll(async () => (await counts(DURATION)).map(([, count]) => count)).toEqual([1]);
});

it('records with the provider that it is given, and its views hold', async () => {
  const views: ViewOptions[] = [
    {
      instrumentName: DURATION,
      aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [1] } },
    },
    { instrumentName: 'http.server.*.body.size', aggregation: { type: AggregationType.DROP } },
  ];
  metrics = startMetrics({ meterProvider: createProvider(views) });
  shop = await listen(createShop());
  await get(`${shop.url}/items/1`);
  await expect.poll(async () => (await points(DURATION))[0]?.value.buckets.boundaries).toEqual([1]);
  expect(await points('http.server.response.body.size')).toEqual([]);
});

it('knows how many requests are active, those included that began before anybody looked', async () => {
  metrics = startMetrics();
  shop = await listen(createShop());
  const request = sendRequest(`${shop.url}/hang`).end();
  request.on('error', () => {});
  await get(`${shop.url}/items/1`);
  api.setGlobalMeterProvider(createProvider());
  await get(`${shop.url}/items/2`);
  const active = async (): Promise<unknown> => (await points('http.server.active_requests'))[0]?.value;
  await expect.poll(active).toBe(1);
  request.destroy();
  await expect.poll(active).toBe(0);
});

it('records calls by the service called', async () => {
  new NodeTracerProvider().register();
  metrics = startMetrics({ meterProvider: createProvider() });
  shop = await listen({
    listen: (port, host) => createServer((_, response) => response.writeHead(503).end('no')).listen(port, host),
  });
  await (await tracedFetch()(shop.url)).text();
  expect(await counts('http.client.request.duration')).toEqual([
    [
      {
        'http.request.method': 'GET',
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(shop.url).port),
        'http.response.status_code': 503,
        'error.type': '503',
        'network.protocol.version': '1.1',
      },
      1,
    ],
  ]);
});

it('leaves exchanges to the instrumentation that has made their span', async () => {
  const tracerProvider = new NodeTracerProvider();
  tracerProvider.register();
  metrics = startMetrics({ meterProvider: createProvider() });
  for (const scope of ['@opentelemetry/instrumentation-http', 'another']) {
    const traced = tracedListener((_request, response) => response.end('ok'));
    const running = await listen({
      listen: (port, host) =>
        createServer((request, response) => {
          // As the instrumentation does it.
          tracerProvider.getTracer(scope).startActiveSpan('GET', { kind: SpanKind.SERVER }, (span) => {
            response.on('close', () => span.end());
            traced(request, response);
          });
        }).listen(port, host),
    });
    await get(running.url);
    await running.close();
  }
  expect((await counts(DURATION)).map(([, count]) => count)).toEqual([1]);
  await tracerProvider.shutdown();
});

it('costs a request nothing where nobody measures', async () => {
  shop = await listen(createShop());
  api.setGlobalMeterProvider(createProvider());
  await get(`${shop.url}/items/1`);
  expect(await collect()).toEqual([]);
  metrics = startMetrics();
  metrics.stop();
  await get(`${shop.url}/items/2`);
  expect(await points(DURATION)).toEqual([]);
});
