import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  accept,
  type Behaviour,
  type Collector,
  hang,
  refuse,
  startCollector,
} from '../packages/sdk/test/collector.ts';
import type { Report } from './hostile-collectors/service.ts';

// Whatever a collector does: requests are answered, memory stays, the process can end, and every lost span is counted.

const ROUND = 200;
const ROUNDS = 3;
const MB = 1_000_000;
const folder = mkdtempSync(join(tmpdir(), 'throughline-hostile-'));
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
let collector: Collector;
let service: Awaited<ReturnType<typeof startService>> | undefined;

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('./hostile-collectors/service.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: join(folder, 'service.cjs'),
    conditions: ['throughline-source'],
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  });
});
afterAll(() => {
  agent.destroy();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(async () => {
  service?.child.kill('SIGKILL');
  service = undefined;
  await collector.close();
});

/** Answers with so many bytes, as fast as they are read. */
function flood(status: number, bytes: number): Behaviour {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/x-protobuf' });
    const piece = Buffer.alloc(65_536, 0x0a);
    let left = bytes;
    const more = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= piece.length;
        if (!response.write(piece)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  };
}

function trickle(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write('.'), 20);
  response.once('close', () => clearInterval(timer));
}

let elsewhere = 0;
const behaviours: [string, Behaviour][] = [
  ['answers 400', refuse(400)],
  ['answers 401 with 100 MB', flood(401, 100 * MB)],
  ['answers 429 and asks for a second', refuse(429, { 'retry-after': '1' })],
  ['answers 429 and asks for a week', refuse(429, { 'retry-after': '604800' })],
  ['answers 503', refuse(503)],
  ['answers 503 with 100 MB', flood(503, 100 * MB)],
  ['resets connections', (response) => void response.socket?.resetAndDestroy()],
  [
    'breaks its answer off',
    (response) => void response.writeHead(200, { 'content-length': 99 }).write('x', () => response.destroy()),
  ],
  ['hangs', hang],
  ['answers byte by byte, without an end', trickle],
  [
    'redirects to another host',
    (response, { path }) => {
      response.writeHead(307, { location: `http://localhost:${new URL(collector.url).port}/elsewhere` }).end();
      if (path === '/elsewhere') elsewhere += 1;
    },
  ],
];

it.each(behaviours)('a collector that %s changes nothing but what is counted', async (_what, behaviour) => {
  service = await startService(collector.url);
  collector.answer = behaviour;
  await service.load(ROUND);
  const before = await service.ask('report');
  for (let round = 0; round < ROUNDS; round++) await service.load(ROUND);
  const after = await service.ask('flush');

  expect(sum(after)).toBe((ROUNDS + 1) * ROUND);
  expect(after.stats.exported).toBe(0);
  expect(after.stats.failed + after.stats.dropped).toBeGreaterThan(0);
  expect(after.stats.pending).toBeLessThanOrEqual(250);
  expect(after.heapBytes - before.heapBytes).toBeLessThan(8 * MB);
  expect(after.residentBytes - before.residentBytes).toBeLessThan(80 * MB);
  expect(elsewhere, 'redirections followed').toBe(0);

  // As soon as it behaves, spans arrive again.
  collector.answer = accept;
  let last = after;
  for (let round = 0; round < 100 && last.stats.exported === 0; round++) {
    await service.load(1);
    last = await service.ask('flush');
  }
  expect(last.stats.exported).toBeGreaterThan(0);
  service.child.kill('SIGTERM');
  expect(await once(service.child, 'exit')).toEqual([null, 'SIGTERM']);
});

it('what says 200 and then 100 MB has taken the spans, and its words are not read', async () => {
  // On a busy machine it takes its time.
  const patient = { OTEL_EXPORTER_OTLP_TIMEOUT: '60000', OTEL_BSP_MAX_QUEUE_SIZE: '2000', FLUSH_MS: '60000' };
  service = await startService(collector.url, patient);
  await service.load(ROUND);
  const before = await service.ask('flush');
  collector.answer = flood(200, 100 * MB);
  await service.load(ROUND);
  const after = await service.ask('flush');
  expect(after.stats).toEqual({ exported: 2 * ROUND, failed: 0, dropped: 0, pending: 0 });
  expect(after.residentBytes - before.residentBytes).toBeLessThan(80 * MB);
});

it('an answer that comes while the service is busy counts, however late it is read', async () => {
  service = await startService(collector.url, { OTEL_BSP_SCHEDULE_DELAY: '60000', FLUSH_MS: '60000' });
  await service.load(1);
  await service.ask('flush');
  collector.answer = (response) => void setTimeout(() => response.end(), 500);
  await service.load(10);
  const { stats } = await service.ask('block');
  expect(stats).toEqual({ exported: 11, failed: 0, dropped: 0, pending: 0 });
  expect(collector.exports).toHaveLength(2);
});

it('what speaks no HTTP, or sends headers without an end, changes nothing but what is counted', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write(sockets.size % 2 === 0 ? 'SSH-2.0-collector\r\n' : 'HTTP/1.1 200 OK\r\n');
    const endless = (): void => {
      while (!socket.destroyed && socket.write(`x-${'y'.repeat(8000)}: z\r\n`));
      if (!socket.destroyed) socket.once('drain', endless);
    };
    endless();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  service = await startService(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await service.load(ROUND);
  const before = await service.ask('report');
  for (let round = 0; round < ROUNDS; round++) await service.load(ROUND);
  const after = await service.ask('flush');
  expect(sum(after)).toBe((ROUNDS + 1) * ROUND);
  expect(after.stats.exported).toBe(0);
  expect(after.heapBytes - before.heapBytes).toBeLessThan(8 * MB);
  for (const socket of sockets) socket.destroy();
  server.close();
});

function sum({ stats: { exported, failed, dropped, pending } }: Report): number {
  return exported + failed + dropped + pending;
}

async function startService(endpoint: string, env: Record<string, string> = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OTEL_|NODE_|VITEST)/.test(name));
  const child: ChildProcess = spawn(process.execPath, ['--expose-gc', join(folder, 'service.cjs')], {
    env: {
      ...Object.fromEntries(inherited),
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
      OTEL_BSP_MAX_QUEUE_SIZE: '200',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '50',
      OTEL_BSP_SCHEDULE_DELAY: '20',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [port] = await once(child, 'message');
  return {
    child,
    /** Makes requests, 16 at a time, and sees that each is answered as it would be without tracing. */
    async load(requests: number): Promise<void> {
      const answers = Array.from({ length: requests }, (_, id) => request(`http://127.0.0.1:${port}/orders/${id}`));
      expect(await Promise.all(answers)).toEqual(answers.map((_, id) => `200 {"id":"${id}"}`));
    },
    async ask(question: 'report' | 'flush' | 'block'): Promise<Report> {
      child.send(question);
      const [report] = await once(child, 'message');
      return report as Report;
    },
  };
}

function request(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve(`${response.statusCode} ${body}`);
    }).once('error', reject);
  });
}
