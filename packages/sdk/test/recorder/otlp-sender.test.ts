import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { OtlpSender, type SenderOptions } from '../../src/recorder/otlp-sender.ts';

type Seen = { headers: IncomingHttpHeaders; body: Buffer };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

it('posts protobuf, compressed, on one connection', async () => {
  const { url, seen, sockets } = await collector((_seen, response) => response.end());
  const sender = createSender(url, { headers: { authorization: 'Bearer t' } });
  sender.send(Buffer.from('first'), 2);
  sender.send(Buffer.from('second'), 3);
  await sender.flush();
  expect(seen.map(({ body }) => gunzipSync(body).toString())).toEqual(['first', 'second']);
  expect(seen[0]?.headers).toMatchObject({
    'content-type': 'application/x-protobuf',
    'content-encoding': 'gzip',
    authorization: 'Bearer t',
  });
  expect(sockets.size).toBe(1);
  expect(sender.delivery).toEqual({ exported: 5, failed: 0, dropped: 0 });
  sender.stop();
});

it('tries again where the protocol says so, and not where it does not', async () => {
  for (const [status, attempts, delivery] of [
    [429, 2, { exported: 1, failed: 0, dropped: 0 }],
    [503, 2, { exported: 1, failed: 0, dropped: 0 }],
    [400, 1, { exported: 0, failed: 1, dropped: 0 }],
    [500, 1, { exported: 0, failed: 1, dropped: 0 }],
    [307, 1, { exported: 0, failed: 1, dropped: 0 }],
  ] as const) {
    const { url, seen } = await collector((_seen, response, count) => {
      response.statusCode = count === 1 ? status : 200;
      response.setHeader('retry-after', '0').setHeader('location', 'http://127.0.0.1:1/').end();
    });
    const sender = createSender(url);
    sender.send(Buffer.from('x'), 1);
    while (sender.delivery.exported + sender.delivery.failed === 0) {
      await Promise.race([sender.flush(), new Promise((resolve) => setTimeout(resolve, 5))]);
    }
    expect([status, seen.length, sender.delivery]).toEqual([status, attempts, delivery]);
    if (delivery.failed > 0) expect(sender.lastFailure).toBe(`the collector answered ${status}`);
    sender.stop();
  }
});

it('counts what a collector takes and then rejects', async () => {
  // ExportTraceServiceResponse { partial_success { rejected_spans: 2, error_message: "no" } }
  const answer = Buffer.from([0x0a, 0x06, 0x08, 0x02, 0x12, 0x02, 0x6e, 0x6f]);
  const { url } = await collector((_seen, response) => response.end(answer));
  const sender = createSender(url);
  sender.send(Buffer.from('x'), 5);
  await sender.flush();
  expect(sender.delivery).toEqual({ exported: 3, failed: 2, dropped: 0 });
  expect(sender.lastFailure).toBe('the collector rejected spans: no');
  sender.stop();
});

it('survives answers that make no sense', async () => {
  for (const answer of [Buffer.alloc(1_000_000, 0xff), Buffer.from('<html>'), Buffer.from([0x0a, 0xff, 0xff, 0xff])]) {
    const { url } = await collector((_seen, response) => response.end(answer));
    const sender = createSender(url);
    sender.send(Buffer.from('x'), 5);
    await sender.flush();
    const { exported, failed, dropped } = sender.delivery;
    expect(exported + failed + dropped).toBe(5);
    sender.stop();
  }
});

it('gives up on a collector that hangs, and on one that is not there, and counts', async () => {
  const { url } = await collector(() => {});
  const hanging = createSender(url, { timeoutMs: 50 });
  hanging.send(Buffer.from('x'), 1);
  await failing(hanging);
  expect(hanging.lastFailure).toBe('no answer within 50 ms');
  const refused = createSender(new URL('http://127.0.0.1:1/v1/traces'));
  refused.send(Buffer.from('x'), 1);
  await failing(refused);
  expect(refused.lastFailure).toBe('ECONNREFUSED');
  hanging.stop();
  refused.stop();
});

it('keeps no more than it may while the collector is slow, and counts what it drops', async () => {
  let release = (): void => {};
  const { url } = await collector((_seen, response) => {
    release = () => void response.end();
  });
  const sender = createSender(url, { maxQueuedBytes: 100 });
  for (let n = 0; n < 10; n += 1) sender.send(Buffer.alloc(40), 1);
  expect(sender.delivery.dropped).toBe(8);
  expect(sender.lastFailure).toBe('the collector is slower than the service');
  sender.stop();
  release();
  sender.send(Buffer.alloc(1), 1);
  expect(sender.delivery.dropped).toBeGreaterThanOrEqual(10);
});

/** Skips the pauses between attempts until the sender has given up. */
async function failing(sender: OtlpSender): Promise<void> {
  while (sender.delivery.failed === 0) {
    await Promise.race([sender.flush(), new Promise((resolve) => setTimeout(resolve, 5))]);
  }
}

function createSender(url: URL, options: Partial<SenderOptions> = {}): OtlpSender {
  return new OtlpSender({
    url,
    headers: {},
    compression: 'gzip',
    timeoutMs: 2000,
    maxQueuedBytes: 1_000_000,
    ...options,
  });
}

async function collector(
  answer: (seen: Seen, response: ServerResponse, count: number) => void,
): Promise<{ url: URL; seen: Seen[]; sockets: Set<unknown> }> {
  const seen: Seen[] = [];
  const sockets = new Set<unknown>();
  const server = createServer(async (request, response) => {
    sockets.add(request.socket);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const entry = { headers: request.headers, body: Buffer.concat(chunks) };
    seen.push(entry);
    answer(entry, response, seen.length);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`), seen, sockets };
}
