import { once } from 'node:events';
import { createServer, request as sendRequest } from 'node:http';
import { connect } from 'node:net';
import { tracedFetch } from '@throughline/clients/fetch';
import { setRoute, tracedListener } from '@throughline/core';
import { type Metrics, startMetrics } from '@throughline/metrics';
import { type SamplingOptions, startTracing, type Tracing } from '@throughline/sdk';
import * as promClient from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Sample, samplesOf } from './exposition.ts';
import { createShop, get, listen, type Running } from './shop.ts';

const DURATION = 'http_server_request_duration_seconds';

let registry: promClient.Registry<promClient.OpenMetricsContentType>;
let metrics: Metrics;
let tracing: Tracing | undefined;
let shop: Running;
let exported: Set<string>;

async function start(sampling?: SamplingOptions): Promise<void> {
  if (sampling !== undefined) {
    tracing = startTracing({
      serviceName: 'shop',
      sampling,
      exporter: {
        export(spans, done) {
          for (const span of spans) exported.add(`${span.spanContext().traceId}:${span.spanContext().spanId}`);
          done({ code: 0 });
        },
        shutdown: async () => {},
      },
    });
  }
  shop = await listen(createShop());
}

beforeEach(() => {
  exported = new Set();
  registry = new promClient.Registry();
  registry.setContentType(promClient.Registry.OPENMETRICS_CONTENT_TYPE);
  metrics = startMetrics({ promClient, registry });
});

afterEach(async () => {
  metrics.stop();
  await shop.close();
  await tracing?.shutdown();
  tracing = undefined;
});

async function samples(name: string): Promise<Sample[]> {
  const metric = await registry.getSingleMetricAsString(name.replace(/_(count|sum|bucket)$/, ''));
  return samplesOf(metric).filter((sample) => sample.name === name);
}

async function counts(name = `${DURATION}_count`): Promise<Record<string, number>> {
  const found = await samples(name);
  return Object.fromEntries(
    found.map(({ labels, value }) => [
      [labels.http_request_method, labels.http_route, labels.http_response_status_code, labels.error_type]
        .filter((part) => part !== undefined)
        .join(' '),
      value,
    ]),
  );
}

/** Waits until so many requests have been counted: the server learns of an end later than its client. */
async function counted(total: number, name = `${DURATION}_count`): Promise<void> {
  await expect.poll(async () => (await samples(name)).reduce((sum, { value }) => sum + value, 0)).toBe(total);
}

describe('metrics in prom-client', () => {
  it('count every exchange by method, route, status and error type, whether or not it is sampled', async () => {
    await start({ ratio: 0.5 });
    for (let n = 0; n < 40; n += 1) await get(`${shop.url}/items/${n}`);
    for (let n = 0; n < 3; n += 1) await get(`${shop.url}/fail`);
    for (let n = 0; n < 2; n += 1) await get(`${shop.url}/health`);
    for (let n = 0; n < 5; n += 1) await get(`${shop.url}/no/such/path/${n}`);
    await counted(50);
    expect(await counts()).toEqual({
      'GET /items/:id 200': 40,
      'GET /fail 500 RangeError': 3,
      'GET /health 200': 2,
      'GET 404': 5,
    });
    const [sample] = await samples(`${DURATION}_sum`);
    expect(sample?.labels).toMatchObject({ url_scheme: 'http', network_protocol_version: '1.1' });
    expect(metrics.stats()).toEqual({ serverSeries: 4, clientSeries: 0, overflowed: 0 });
  });

  it('count without any tracing too', async () => {
    await start();
    await get(`${shop.url}/items/1`);
    await counted(1);
    expect(await counts()).toEqual({ 'GET /items/:id 200': 1 });
  });

  it('have the buckets of the conventions, and sizes in bytes', async () => {
    await start({ ratio: 0 });
    await get(`${shop.url}/items/1`);
    await counted(1);
    const bounds = (await samples(`${DURATION}_bucket`)).map(({ labels }) => labels.le);
    expect(bounds).toEqual([
      ...[
        '0.005',
        '0.01',
        '0.025',
        '0.05',
        '0.075',
        '0.1',
        '0.25',
        '0.5',
        '0.75',
        '1',
        '2.5',
        '5',
        '7.5',
        '10',
        '+Inf',
      ],
    ]);
    expect((await samples('http_server_response_body_size_bytes_sum'))[0]?.value).toBe('an item'.length);
    expect((await samples('http_server_request_body_size_bytes_sum'))[0]?.value).toBe(0);
  });

  it('keep clients that leave apart by their error type', async () => {
    await start({ ratio: 0 });
    const request = sendRequest(`${shop.url}/hang`).end();
    request.on('error', () => {});
    await expect.poll(async () => (await samples('http_server_active_requests'))[0]?.value).toBe(1);
    request.destroy();
    await counted(1);
    expect(await counts()).toEqual({ 'GET /hang client_aborted': 1 });
    expect((await samples('http_server_active_requests'))[0]?.value).toBe(0);
  });

  it('keep streams of events out of the durations', async () => {
    await start({ ratio: 0 });
    const request = sendRequest(`${shop.url}/events`).end();
    const [response] = await once(request, 'response');
    response.on('error', () => {});
    await once(response, 'data');
    request.destroy();
    await counted(1, 'throughline_http_server_stream_duration_seconds_count');
    expect(await counts()).toEqual({});
    expect(await counts('throughline_http_server_stream_duration_seconds_count')).toEqual({ 'GET /events 200': 1 });
  });

  it('count calls by the service called, told apart up to a hundred', async () => {
    await start({ ratio: 0 });
    const target = await listen({
      listen: (port, host) => createServer((_, response) => response.end('ok')).listen(port, host),
    });
    const call = tracedFetch();
    await (await call(target.url)).text();
    const refused = tracedFetch({ fetch: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })) });
    for (let n = 0; n < 150; n += 1) await refused(`http://host-${n}.invalid`).catch(() => {});
    const found = await samples('http_client_request_duration_seconds_count');
    expect(found[0]?.labels).toEqual({
      http_request_method: 'GET',
      server_address: '127.0.0.1',
      server_port: new URL(target.url).port,
      http_response_status_code: '200',
      network_protocol_version: '1.1',
    });
    expect(found).toHaveLength(101);
    expect(found.at(-1)?.labels).toEqual({
      http_request_method: 'GET',
      server_address: '_OTHER',
      error_type: 'ENOTFOUND',
    });
    expect(found.at(-1)?.value).toBe(51);
    await target.close();
  });

  it('are bounded in number, and exact beyond it', async () => {
    await start();
    const app = await listen(createRouteless());
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    for (let n = 1; n <= 2100; n += 1) {
      socket.write(`GET /${n} HTTP/1.1\r\nHost: a\r\n${n === 2100 ? 'Connection: close\r\n' : ''}\r\n`);
    }
    await once(socket.resume(), 'close');
    await counted(2100);
    const overflow = (await samples(`${DURATION}_count`)).filter(
      ({ labels }) => labels.otel_metric_overflow === 'true',
    );
    expect(overflow.map(({ value }) => value)).toEqual([100]);
    expect(metrics.stats()).toEqual({ serverSeries: 2000, clientSeries: 0, overflowed: 100 });
    await app.close();
  });

  it('have no label for what a client makes up', async () => {
    await start({ ratio: 0 });
    for (const method of ['PROPFIND', 'MKCOL', 'LOCK']) {
      const request = sendRequest(`${shop.url}/x`, { method, headers: { host: `${method}.example` } }).end();
      (await once(request, 'response'))[0].resume();
    }
    await counted(3);
    expect(await counts()).toEqual({ '_OTHER 404': 3 });
  });
});

/** An application that names routes by what a client asks for, as it must not. */
function createRouteless(): ReturnType<typeof createServer> {
  return createServer(
    tracedListener((request, response) => {
      setRoute(request.url ?? '/');
      response.end('ok');
    }),
  );
}

describe('exemplars', () => {
  async function exemplars(): Promise<string[]> {
    const found = samplesOf(await registry.metrics()).filter(({ exemplar }) => exemplar !== undefined);
    return [...new Set(found.map(({ exemplar }) => `${exemplar?.trace_id}:${exemplar?.span_id}`))];
  }

  it('lead to spans that are exported', async () => {
    await start({ ratio: 0.3 });
    for (let n = 0; n < 60; n += 1) await get(`${shop.url}/items/${n}`);
    await counted(60);
    await tracing?.flush();
    const found = await exemplars();
    expect(found.length).toBeGreaterThan(0);
    for (const ids of found) expect(exported).toContain(ids);
  });

  it('are none of traces that nobody samples', async () => {
    await start({ ratio: 0 });
    await get(`${shop.url}/items/1`);
    await get(`${shop.url}/fail`);
    await counted(2);
    expect(await exemplars()).toEqual([]);
  });

  it('are those of traces that a tail hold keeps, and none of those that it drops', async () => {
    await start({ ratio: 0, keep: { errors: true } });
    await get(`${shop.url}/items/1`);
    await get(`${shop.url}/fail`);
    await get(`${shop.url}/keep/1`);
    await counted(3);
    await tracing?.flush();
    const found = await exemplars();
    expect(exported.size).toBe(2);
    expect(new Set(found)).toEqual(exported);
    const routes = (await samples(`${DURATION}_bucket`))
      .filter(({ exemplar }) => exemplar)
      .map(({ labels }) => labels.http_route);
    expect(new Set(routes)).toEqual(new Set(['/fail', '/keep/:id']));
  });

  it('are none where ids only pass through', async () => {
    vi.stubEnv('OTEL_SDK_DISABLED', 'true');
    await start({ ratio: 1 });
    vi.unstubAllEnvs();
    const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
    await get(`${shop.url}/items/1`, { headers });
    await counted(1);
    expect(await exemplars()).toEqual([]);
  });
});
