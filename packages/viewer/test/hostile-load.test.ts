import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeOtlpProtobuf } from '@throughline/analysis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Status } from '../src/api/messages.ts';
import { span } from './spans.ts';
import { buildProgram, startProgram, type ViewerProcess } from './viewer-process.ts';
import { exchange } from './viewer-under-test.ts';

const MB = 2 ** 20;
const GIGABYTE = 2 ** 30;
const HEAD = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n';

let built: Awaited<ReturnType<typeof buildProgram>>;
beforeAll(async () => {
  built = await buildProgram();
});
afterAll(() => built.remove());

async function startedViewer(): Promise<ViewerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
  const viewer = await startProgram(built.program, join(folder, 'traces.duckdb'));
  onTestFinished(async () => {
    viewer.child.kill('SIGKILL');
    if (viewer.child.exitCode === null && viewer.child.signalCode === null) await once(viewer.child, 'close');
    rmSync(folder, { recursive: true, force: true });
  });
  // Whatever is loaded lazily is there before memory is looked at.
  await acknowledge(viewer);
  return viewer;
}

async function acknowledge({ url }: ViewerProcess, path = '/v1/traces'): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf' };
  const body = new Uint8Array(path === '/v1/traces' ? encodeOtlpProtobuf([span()]) : []);
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body });
  expect(response.status).toBe(200);
}

/** The most memory that a process ever had; 0 where the system does not tell. */
function peakOf({ child }: ViewerProcess): number {
  if (process.platform !== 'linux') return 0;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

async function spansIn({ url }: ViewerProcess): Promise<number> {
  const status = (await (await fetch(`${url}/api/viewer/status`)).json()) as Status;
  return status.store.spans;
}

describe('a viewer process, given too much', () => {
  it('refuses bodies of a gigabyte, declared or in chunks, and holds little of them', async () => {
    const viewer = await startedViewer();
    const before = peakOf(viewer);
    for (const path of ['/v1/traces', '/v1/logs', '/api/v2/spans']) {
      const head = HEAD.replace('/v1/traces', path).replace(
        'x-protobuf',
        path === '/api/v2/spans' ? 'json' : 'x-protobuf',
      );
      expect(await exchange(viewer.url, `${head}Content-Length: ${GIGABYTE}\r\n\r\n`)).toMatch(/^HTTP\/1.1 413/);
    }
    const sent = await Promise.all(Array.from({ length: 4 }, () => sendChunks(viewer.url)));
    for (const { answer, bytes } of sent) {
      expect(answer).toMatch(/^HTTP\/1.1 (?:413|503)|^$/);
      expect(bytes).toBeLessThan(128 * MB);
    }
    expect(sent.some(({ answer }) => answer.startsWith('HTTP/1.1 413'))).toBe(true);
    expect(peakOf(viewer) - before).toBeLessThan(256 * MB);
    await acknowledge(viewer);
    expect(await spansIn(viewer)).toBe(2);
  });

  it('refuses many gzip bombs at once, of spans and of logs, and holds little of what they unpack to', async () => {
    const viewer = await startedViewer();
    const before = peakOf(viewer);
    // A gigabyte: gzip files side by side are one.
    const bomb = Buffer.concat(new Array(64).fill(gzipSync(Buffer.alloc(16 * MB), { level: 1 })));
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };
    const statuses = await Promise.all(
      Array.from({ length: 16 }, async (_, index) => {
        const path = index % 2 === 0 ? '/v1/traces' : '/v1/logs';
        return (await fetch(`${viewer.url}${path}`, { method: 'POST', headers, body: bomb })).status;
      }),
    );
    // 503 where those before are still being unpacked.
    expect(statuses.filter((status) => status !== 413 && status !== 503)).toEqual([]);
    expect(statuses).toContain(413);
    expect(peakOf(viewer) - before).toBeLessThan(512 * MB);
    await acknowledge(viewer);
    await acknowledge(viewer, '/v1/logs');
    expect(await spansIn(viewer)).toBe(2);
  });

  it('answers exporters while ten thousand connections are opened that say nothing', async () => {
    const viewer = await startedViewer();
    const before = peakOf(viewer);
    const port = Number(new URL(viewer.url).port);
    const idle: Socket[] = [];
    onTestFinished(() => {
      for (const socket of idle) socket.destroy();
    });
    for (let batch = 0; batch < 40; batch++) {
      const some = Array.from({ length: 250 }, () => connect(port, '127.0.0.1').on('error', () => {}));
      idle.push(...some);
      await Promise.all(some.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
      if (batch % 10 === 9) await acknowledge(viewer);
    }
    expect(await spansIn(viewer)).toBe(5);
    expect(peakOf(viewer) - before).toBeLessThan(256 * MB);
  });
});

/** Sends a body in chunks until the other side ends it; how much that was, and what was answered. */
async function sendChunks(url: string): Promise<{ answer: string; bytes: number }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  let bytes = 0;
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MB, 1), Buffer.from('\r\n')]);
  while (!socket.destroyed && bytes < GIGABYTE) {
    bytes += MB;
    if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  socket.destroy();
  await closed;
  return { answer, bytes };
}
