import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeOtlpProtobuf } from '@throughline/analysis';
import { expect, it, onTestFinished } from 'vitest';
import { span } from './spans.ts';
import { type ViewerUnderTest, viewerFor } from './viewer-under-test.ts';

const REQUEST = 'GET /api/viewer/live HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** A connection that watches, once the first of it has come. */
async function watch({ url }: ViewerUnderTest): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(REQUEST);
  await once(socket, 'readable');
  return socket;
}

async function send({ url }: ViewerUnderTest, spans: Parameters<typeof encodeOtlpProtobuf>[0]): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf' };
  const body = new Uint8Array(encodeOtlpProtobuf(spans));
  expect((await fetch(`${url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
}

it('tells 64 who watch what has come, no more of them, and the next when one has gone', async () => {
  const viewer = await viewerFor();
  const sockets = await Promise.all(Array.from({ length: 64 }, () => watch(viewer)));
  for (const socket of sockets) expect(String(socket.read())).toMatch(/^HTTP\/1.1 200[\s\S]*text\/event-stream/);
  const refused = await watch(viewer);
  expect(String(refused.read())).toMatch(/^HTTP\/1.1 503/);

  const told = Promise.all(sockets.map((socket) => once(socket, 'readable')));
  await send(viewer, [span({ name: 'GET /live' })]);
  await told;
  for (const socket of sockets) expect(String(socket.read())).toContain('GET /live');

  sockets[0]?.destroy();
  await expect.poll(async () => String((await watch(viewer)).read()), { timeout: 10_000 }).toMatch(/^HTTP\/1.1 200/);
});

it('lets go of one who watches and does not read, while others are told', async () => {
  const viewer = await viewerFor();
  const slow = await watch(viewer);
  slow.pause();
  const reader = await watch(viewer);
  let told = 0;
  reader.on('data', (chunk) => {
    told += chunk.length;
  });
  // Some megabytes at a time, as a list shows the names of traces.
  const traces = () => Array.from({ length: 100 }, () => span({ name: 'n'.repeat(50_000) }));
  for (let round = 1; round <= 12; round++) {
    const before = told;
    await send(viewer, traces());
    await expect.poll(() => told - before, { timeout: 20_000 }).toBeGreaterThan(5_000_000);
  }
  // What was sent before is still read; then the connection ends, long before all of it.
  let read = 0;
  slow.on('data', (chunk) => {
    read += chunk.length;
  });
  const closed = once(slow, 'close');
  slow.resume();
  await closed;
  expect(read).toBeLessThan(told / 2);
});
