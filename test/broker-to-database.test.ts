import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Collector, startCollector } from '../examples/shop/src/demo/collector.ts';
import type { ShopSpan } from '../examples/shop/src/demo/trace.ts';
import type { Broker } from './broker-to-database/transports.ts';
import { describeWithService } from './service.ts';

// From a browser over HTTP, Express, a queue and a worker to PostgreSQL; both services are processes of their own.

const folder = mkdtempSync(join(tmpdir(), 'throughline-broker-'));
beforeAll(async () => {
  const program = (name: string): string => fileURLToPath(new URL(`./broker-to-database/${name}.ts`, import.meta.url));
  await build({
    entryPoints: [program('shop'), program('worker')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    conditions: ['throughline-source'],
    external: ['pg-native', 'msgpackr-extract'],
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const brokers: [Broker, string][] = [
  ['rabbitmq', 'RabbitMQ'],
  ['nats', 'NATS'],
  ['kafka', 'Kafka'],
  ['redis', 'BullMQ'],
];

describeWithService('postgres', 'with PostgreSQL', (database) => {
  for (const [broker, title] of brokers) {
    describeWithService(broker, `over ${title}`, (url) => {
      let system: Awaited<ReturnType<typeof start>>;
      beforeAll(async () => {
        system = await start(broker, url, database);
      }, 180_000);
      afterAll(() => system.stop());

      it('a trace that a browser has begun goes whole to the database, with its baggage and its request ID', async () => {
        const sent = await system.order(1, { sampled: true });
        expect(sent.status).toBe(202);
        const spans = await system.spans(sent.traceId, 4);
        expect(chain(spans, sent.spanId)).toEqual([
          'shop SERVER POST /orders/:id',
          expect.stringMatching(/^shop PRODUCER (publish|send|add) /),
          expect.stringMatching(/^worker CONSUMER process /),
          'worker CLIENT INSERT placed',
        ]);
        expect(spans.flatMap(({ requestId }) => requestId ?? [])).toEqual([sent.requestId, sent.requestId]);
        expect(await system.tierOf(1)).toBe('gold');
      });

      it('a sender that fails when the message is handled already keeps the part of the worker', async () => {
        const sent = await system.order(2, { fails: 'shop' });
        expect(sent.status).toBe(500);
        const spans = await system.spans(sent.traceId, 4);
        expect(chain(spans, sent.spanId)).toHaveLength(4);
        expect(failed(spans)).toEqual(['shop SERVER']);
      });

      it('a consumer that fails keeps its trace on both sides, and only that', async () => {
        const fine = await system.order(3, {});
        const sent = await system.order(4, { fails: 'worker' });
        expect([fine.status, sent.status]).toEqual([202, 202]);
        const spans = await system.spans(sent.traceId, 4);
        expect(chain(spans, sent.spanId)).toHaveLength(4);
        expect(failed(spans)).toEqual(['worker CONSUMER']);
        expect(await system.tierOf(3)).toBe('gold');
        expect(system.arrived(fine.traceId)).toEqual([]);
      });
    });
  }
});

/** The spans from the one below the client's to the last, each the only child of the one before. */
function chain(spans: readonly ShopSpan[], clientSpanId: string): string[] {
  const names: string[] = [];
  for (let parentSpanId: string | undefined = clientSpanId; parentSpanId !== undefined; ) {
    const children: ShopSpan[] = spans.filter((span) => span.parentSpanId === parentSpanId);
    expect(children.length, `children of ${names.at(-1)}`).toBeLessThanOrEqual(1);
    const [child] = children;
    if (child !== undefined) names.push(`${child.service} ${child.kind} ${child.name}`);
    parentSpanId = child?.spanId;
  }
  return names;
}

function failed(spans: readonly ShopSpan[]): string[] {
  return spans.filter(({ error }) => error !== undefined).map(({ service, kind }) => `${service} ${kind}`);
}

/** A shop and a worker that sample nothing of their own accord, hold every trace and tell each other what they keep. */
async function start(broker: Broker, url: string, database: string) {
  const received: ShopSpan[] = [];
  const news = new EventEmitter();
  const collector: Collector = await startCollector((spans) => {
    received.push(...spans);
    news.emit('spans');
  });
  const queue = `orders-${randomBytes(6).toString('hex')}`;
  const children: ChildProcess[] = [];
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OTEL_|NODE_|VITEST)/.test(name));
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '50' };

  async function run(serviceName: string, ...rest: string[]): Promise<string> {
    const sampling = { ratio: 0, keep: {}, peers: { secret: 'a secret of the tests' } };
    const options = JSON.stringify({ serviceName, endpoint: collector.url, sampling });
    const child = spawn(process.execPath, [join(folder, `${serviceName}.cjs`), options, broker, url, queue, ...rest], {
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    return line;
  }

  await run('worker', database);
  const shopUrl = await run('shop');
  // What a wait for a first connection leaves is no part of the chain.
  const arrived = (traceId: string): ShopSpan[] =>
    received.filter((span) => span.traceId === traceId && span.name !== 'pool.connect');

  return {
    arrived,
    /** Orders as a page with tracing does. */
    async order(id: number, { sampled = false, fails = '' }: { sampled?: boolean; fails?: string }) {
      const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
      const response = await fetch(`${shopUrl}/orders/${id}?fails=${fails}`, {
        method: 'POST',
        headers: {
          traceparent: `00-${traceId}-${spanId}-0${sampled ? 1 : 0}`,
          baggage: 'tier=gold',
          origin: 'https://shop.example',
          'sec-fetch-mode': 'cors',
        },
      });
      await response.arrayBuffer();
      return { traceId, spanId, status: response.status, requestId: response.headers.get('x-request-id') };
    },
    /** Resolves with the spans of a trace when so many have arrived. */
    async spans(traceId: string, count: number): Promise<ShopSpan[]> {
      while (arrived(traceId).length < count) await once(news, 'spans');
      return arrived(traceId);
    },
    async tierOf(id: number): Promise<string | undefined> {
      const client = new pg.Client({ connectionString: database });
      await client.connect();
      const { rows } = await client.query('SELECT tier FROM placed WHERE queue = $1 AND id = $2', [queue, id]);
      await client.end();
      return rows[0]?.tier;
    },
    async stop(): Promise<void> {
      for (const child of children) child.kill('SIGTERM');
      await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
      await collector.close();
    },
  };
}
