import 'reflect-metadata';
import { createServer } from 'node:http';
import { Controller, Get, type INestApplication, Module, Req, Res, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { tracedListener, withSpan } from '@throughline/core';
import { tracing as expressTracing } from '@throughline/express';
import { tracing as fastifyTracing } from '@throughline/fastify';
import {
  type Metrics,
  metricsHandler,
  type ScrapeRequest,
  type ScrapeResponse,
  startMetrics,
} from '@throughline/metrics';
import { TracingModule } from '@throughline/nestjs';
import { startTracing, type Tracing } from '@throughline/sdk';
import express from 'express';
import Fastify from 'fastify';
import * as promClient from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { samplesOf } from './exposition.ts';
import { get, listen, type Running } from './shop.ts';

// As Prometheus 2.42 asks.
const ACCEPT =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

let registry: promClient.Registry;
let metrics: Metrics;
let tracing: Tracing;
let exported: string[];

beforeAll(() => {
  tracing = startTracing({
    serviceName: 'shop',
    exporter: {
      export(spans, done) {
        exported.push(...spans.map((span) => span.name));
        done({ code: 0 });
      },
      shutdown: async () => {},
    },
  });
});

afterAll(() => tracing.shutdown());

beforeEach(async () => {
  await tracing.flush();
  exported = [];
  registry = new promClient.Registry();
  metrics = startMetrics({ promClient, registry });
});

afterEach(() => metrics.stop());

type Start = (handler: ReturnType<typeof metricsHandler>) => Promise<Running>;

const frameworks: Record<string, Start> = {
  Express(handler) {
    const app = express().use(expressTracing());
    app.get('/metrics', handler);
    app.get('/items/:id', (_request, response) => void response.send('an item'));
    return listen(app);
  },
  async Fastify(handler) {
    const app = Fastify();
    await app.register(fastifyTracing);
    app.get('/metrics', handler);
    app.get('/items/:id', async () => 'an item');
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    return { url, close: () => app.close() };
  },
  'node:http': (handler) =>
    listen({
      listen: (port, host) =>
        createServer(
          tracedListener((request, response) => {
            if (request.url === '/metrics') return handler(request, response);
            return response.end('an item');
          }),
        ).listen(port, host),
    }),
  'Nest on Express': (handler) => startNest(handler, new ExpressAdapter()),
  'Nest on Fastify': (handler) => startNest(handler, new FastifyAdapter()),
};

async function startNest(
  handler: ReturnType<typeof metricsHandler>,
  adapter: ExpressAdapter | FastifyAdapter,
): Promise<Running> {
  // Written as functions: the tests run without decorator syntax.
  class ShopController {
    metrics(request: ScrapeRequest, response: ScrapeResponse): Promise<void> {
      return handler(request, response);
    }

    item(): string {
      return 'an item';
    }
  }
  Controller()(ShopController);
  route(ShopController, 'metrics', '/metrics');
  route(ShopController, 'item', '/items/:id');
  Req()(ShopController.prototype, 'metrics', 0);
  Res()(ShopController.prototype, 'metrics', 1);
  class AppModule {}
  Module({ imports: [TracingModule.forRoot()], controllers: [ShopController] })(AppModule);
  const app: INestApplication = await NestFactory.create(AppModule, adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

function route(controller: Type, method: string, path: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(controller.prototype, method) as PropertyDescriptor;
  Get(path)(controller.prototype, method, descriptor);
}

for (const [framework, start] of Object.entries(frameworks)) {
  describe(`the handler on ${framework}`, () => {
    let app: Running;

    beforeEach(async () => {
      app = await start(metricsHandler(registry));
    });

    afterEach(() => app.close());

    it('answers in OpenMetrics, with exemplars, who asks for it, and anybody else in text', async () => {
      await get(`${app.url}/items/1`);
      const response = await fetch(`${app.url}/metrics`, { headers: { accept: ACCEPT } });
      expect(response.headers.get('content-type')).toBe(OPENMETRICS);
      const body = await response.text();
      expect(body).toMatch(/# EOF\n$/);
      expect(samplesOf(body).some(({ exemplar }) => exemplar !== undefined)).toBe(true);

      const text = await fetch(`${app.url}/metrics`);
      expect(text.headers.get('content-type')).toBe(TEXT);
      const lines = await text.text();
      expect(lines).not.toContain('# EOF');
      expect(lines).toContain('http_server_request_duration_seconds_count');
      expect(samplesOf(lines).some(({ exemplar }) => exemplar !== undefined)).toBe(false);
    });

    it('measures scrapes, and does not trace them or what they cause', async () => {
      new promClient.Gauge({
        name: 'stock',
        help: 'What is left.',
        registers: [registry],
        collect() {
          return withSpan('SELECT', async () => this.set(7));
        },
      });
      const { body } = await get(`${app.url}/metrics`);
      expect(body).toContain('stock 7');
      registry.removeSingleMetric('stock');
      await get(`${app.url}/items/1`);
      await vi.waitFor(async () => {
        const counts = samplesOf(await registry.metrics()).filter(({ name }) => /duration_seconds_count$/.test(name));
        expect(counts.reduce((sum, { value }) => sum + value, 0)).toBe(2);
      });
      await tracing.flush();
      expect(exported).toEqual([framework === 'node:http' ? 'GET' : 'GET /items/:id']);
    });

    it('answers 500 without details if the metrics cannot be collected', async () => {
      const lines: string[] = [];
      const note = (line: string): void => void lines.push(line);
      diag.setLogger(
        { error: note, warn: note, info: note, debug: note, verbose: note },
        { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
      );
      new promClient.Gauge({
        name: 'broken',
        help: 'Fails.',
        registers: [registry],
        collect() {
          throw new Error('the password is hunter2');
        },
      });
      const { status, body } = await get(`${app.url}/metrics`);
      expect(status).toBe(500);
      expect(body).toBe('The metrics could not be collected.\n');
      expect(lines).toEqual(['[metrics] The metrics could not be collected: the password is hunter2']);
      diag.disable();
    });
  });
}

describe('the handler', () => {
  it('leaves the names of counters and the default labels as they are, whoever scrapes', async () => {
    const counter = new promClient.Counter({ name: 'orders_total', help: 'Orders.', registers: [registry] });
    counter.inc(3);
    registry.setDefaultLabels({ region: 'eu' });
    const app = await (frameworks.Express as Start)(metricsHandler(registry));
    for (let n = 0; n < 2; n += 1) {
      const { body } = await get(`${app.url}/metrics`, { headers: { accept: ACCEPT } });
      expect(body).toContain('# TYPE orders counter\norders_total{region="eu"} 3\n');
      const text = await get(`${app.url}/metrics`);
      expect(text.body).toContain('# TYPE orders_total counter\norders_total{region="eu"} 3\n');
    }
    await app.close();
  });

  it('weighs what a scraper accepts', async () => {
    const app = await (frameworks.Express as Start)(metricsHandler(registry));
    const typeFor = async (accept: string): Promise<string | null> =>
      (await fetch(`${app.url}/metrics`, { headers: { accept } })).headers.get('content-type');
    expect(await typeFor('application/openmetrics-text')).toBe(OPENMETRICS);
    expect(await typeFor('application/openmetrics-text;q=0.2, text/plain;q=0.9')).toBe(TEXT);
    expect(await typeFor('application/openmetrics-text;q=0')).toBe(TEXT);
    expect(await typeFor('application/openmetrics-text;q=nonsense')).toBe(TEXT);
    expect(await typeFor('text/html,application/xhtml+xml,*/*;q=0.8')).toBe(TEXT);
    // Prometheus 3
    expect(
      await typeFor(
        'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      ),
    ).toBe(OPENMETRICS);
    await app.close();
  });

  it('refuses what is no registry', () => {
    expect(() => metricsHandler({} as never)).toThrow(
      '[metrics] Expected a Registry of `prom-client`. Pass `promClient.register`.',
    );
  });
});
