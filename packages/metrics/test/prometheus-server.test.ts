import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tracing as fastifyTracing } from '@throughline/fastify';
import { type Metrics, metricsHandler, startMetrics } from '@throughline/metrics';
import { startTracing, type Tracing } from '@throughline/sdk';
import Fastify from 'fastify';
import * as promClient from 'prom-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { createShop, get, listen, type Running } from './shop.ts';

type Sink = Running & { readonly bodies: Buffer[] };
type ExemplarSeries = {
  readonly seriesLabels: Record<string, string>;
  readonly exemplars: readonly { readonly labels: Record<string, string>; readonly value: string }[];
};

let sink: Sink;
let tracing: Tracing;
let metrics: Metrics;
let registry: promClient.Registry;

beforeEach(async () => {
  sink = await startSink();
  registry = new promClient.Registry();
  promClient.collectDefaultMetrics({ register: registry });
  new promClient.Counter({ name: 'orders_total', help: 'Orders.', registers: [registry] }).inc(3);
  metrics = startMetrics({ promClient, registry });
  // One in three is sampled, as of one in ten there was none among a hundred now and then; what fails is kept besides.
  const sampling = { ratio: 0.3, keep: { errors: true } };
  tracing = startTracing({ serviceName: 'shop', endpoint: sink.url, sampling, flushTimeoutMs: 60_000 });
});

afterEach(async () => {
  writeFileSync(process.env.THROUGHLINE_TEST_PROMETHEUS_TARGETS as string, '[]');
  metrics.stop();
  await tracing.shutdown();
  await sink.close();
});

/** A receiver of OTLP over HTTP, which keeps what it got as it came. */
async function startSink(): Promise<Sink> {
  const bodies: Buffer[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(Buffer.concat(chunks));
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, close };
}

async function query<Result>(prometheus: string, path: string, parameters: Record<string, string>): Promise<Result> {
  const { body } = await get(`${prometheus}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const answer = JSON.parse(body) as { status: string; data: Result };
  expect(answer.status, body).toBe('success');
  return answer.data;
}

const apps: Record<string, () => Promise<Running>> = {
  Express() {
    const app = createShop();
    app.get('/metrics', metricsHandler(registry));
    return listen(app);
  },
  async Fastify() {
    const app = Fastify();
    await app.register(fastifyTracing);
    app.get('/metrics', metricsHandler(registry));
    app.get('/items/:id', async () => 'an item');
    app.get('/fail', async () => {
      throw new RangeError('on purpose');
    });
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
  },
};

describeWithService('prometheus', 'a Prometheus that scrapes', (prometheus) => {
  it.each(Object.entries(apps))('%s counts every request and leads to traces that were exported', async (_, start) => {
    const app = await start();
    try {
      for (let n = 0; n < 100; n += 1) await get(`${app.url}/items/${n}`);
      for (let n = 0; n < 3; n += 1) await get(`${app.url}/fail`);
      await tracing.flush();

      const target = new URL(app.url).host;
      writeFileSync(process.env.THROUGHLINE_TEST_PROMETHEUS_TARGETS as string, JSON.stringify([{ targets: [target] }]));
      const count = `http_server_request_duration_seconds_count{instance="${target}",http_route!="/metrics"}`;
      type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] };
      await expect
        .poll(async () => (await query<Vector>(prometheus, 'query', { query: count })).result.length, {
          timeout: 60_000,
        })
        .toBe(2);
      const { result } = await query<Vector>(prometheus, 'query', { query: count });
      const counted = result.map(({ metric, value }) => [metric.http_route, metric.error_type, Number(value[1])]);
      expect(counted.sort()).toEqual([
        ['/fail', 'RangeError', 3],
        ['/items/:id', undefined, 100],
      ]);
      const orders = await query<Vector>(prometheus, 'query', { query: `orders_total{instance="${target}"}` });
      expect(orders.result[0]?.value[1]).toBe('3');

      const now = Date.now() / 1000;
      const series = await query<ExemplarSeries[]>(prometheus, 'query_exemplars', {
        query: `http_server_request_duration_seconds_bucket{instance="${target}"}`,
        start: String(now - 120),
        end: String(now + 60),
      });
      await tracing.flush();
      const sent = Buffer.concat(sink.bodies);
      expect(sent.includes('GET /items/:id'), 'exported').toBe(true);
      expect(sent.includes('GET /metrics'), 'scrapes are exported').toBe(false);
      const found = series.flatMap(({ exemplars }) => exemplars);
      expect(series.map(({ seriesLabels }) => seriesLabels.http_route)).toContain('/fail');
      for (const { labels } of found) {
        expect(Object.keys(labels).sort()).toEqual(['span_id', 'trace_id']);
        expect(sent.includes(Buffer.from(labels.trace_id as string, 'hex')), 'exported trace').toBe(true);
        expect(sent.includes(Buffer.from(labels.span_id as string, 'hex')), 'exported span').toBe(true);
      }
    } finally {
      await app.close();
    }
  });
});
