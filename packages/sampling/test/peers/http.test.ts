import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { diag } from '@opentelemetry/api';
import type { KeepInbox, KeepTransport } from '@throughline/sampling';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../../../scripts/free-port.mjs';
import { traceId } from '../tail/spans.ts';
import { addressOf, createPeer, type TestPeer, until } from './peer.ts';

const peers: TestPeer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(peers.splice(0).map((peer) => peer.peers.shutdown()));
});

async function start(...options: Parameters<typeof createPeer>): Promise<TestPeer> {
  const peer = createPeer(...options);
  peers.push(peer);
  await peer.peers.ready;
  return peer;
}

/** A transport that keeps what it is to send, for others to see, to change and to repeat. */
function wiretap(): { sent: string[]; transport: KeepTransport } {
  const sent: string[] = [];
  const transport: KeepTransport = {
    open: async () => 'tap',
    send: async (_address, message) => void sent.push(message),
    close: async () => {},
  };
  return { sent, transport };
}

/** A message by which a peer tells this address that it keeps these traces. */
async function messageTo(address: string, traces: number, now?: () => number): Promise<string> {
  const { sent, transport } = wiretap();
  const peer = await start({ transport }, now);
  for (let trace = 1; trace <= traces; trace += 1) {
    peer.peers.involve(traceId(trace), address);
    peer.peers.keep(traceId(trace));
  }
  await peer.peers.flush();
  return sent[0] as string;
}

async function post(
  address: string,
  body: string | Buffer,
  method = 'POST',
  path = '/keep',
): Promise<number | undefined> {
  const sent = request(`http://${address}${path}`, { method, agent: false });
  sent.on('error', () => {});
  const answered = once(sent, 'response').catch(() => []);
  sent.end(body);
  const [response] = await answered;
  response?.resume();
  return response?.statusCode;
}

it('tells everybody who has a part of a trace, and they theirs, once, in whatever circle they are', async () => {
  const [a, b, c, d, stranger] = await Promise.all([start(), start(), start(), start(), start()]);
  for (const peer of [a, b, c, d, stranger]) {
    peer.serve(1);
    peer.serve(2);
  }
  a.call(1, b);
  b.call(1, c);
  c.call(1, d);
  d.call(1, a);
  c.serve(1, true);
  await until(() => [a, b, d].every(({ out }) => out.length === 1));
  await Promise.all([a, b, c, d].map(({ peers }) => peers.flush()));
  expect(c.names()).toHaveLength(2);
  expect([a, b, d].map(({ out }) => out[0]?.attributes['sampling.reason'])).toEqual(['peer', 'peer', 'peer']);
  expect([a, b, d].map(({ peers }) => peers.stats().kept)).toEqual([1, 1, 1]);
  expect(stranger.out).toEqual([]);
  // Four edges, each told once, but for the one where both learn of it at the same time.
  const told = [a, b, c, d].reduce((sum, { peers }) => sum + peers.stats().told, 0);
  expect(told).toBeGreaterThanOrEqual(3);
  expect(told).toBeLessThanOrEqual(5);
});

it('passes the news on of a trace of which it holds nothing itself any more', async () => {
  const [a, between, b] = await Promise.all([start(), start(), start()]);
  a.serve(1);
  b.serve(1);
  a.call(1, between);
  between.call(1, b);
  a.hold.keep(traceId(1));
  await until(() => b.out.length === 1);
  expect(between.out).toEqual([]);
});

it('tells at once who turns out to have a part of a trace that is kept already', async () => {
  const [a, b] = await Promise.all([start(), start()]);
  b.serve(1);
  a.serve(1, true);
  a.peers.involve(traceId(1), await addressOf(b));
  await until(() => b.out.length === 1);
});

it('tells all who were met behind a host when one of them has not answered', async () => {
  const [a, b, c] = await Promise.all([start(), start(), start()]);
  for (const peer of [b, c]) a.peers.meet('pay:80', await addressOf(peer));
  c.serve(1);
  a.peers.miss(traceId(1), 'pay:80');
  a.peers.miss(traceId(2), 'never-met:80');
  a.serve(1, true);
  await until(() => c.out.length === 1);
});

it('takes a message once, from a peer, in time, and of nobody else', async () => {
  const now = Date.now();
  const victim = await start({}, () => now);
  const other = await start({}, () => now);
  const address = await addressOf(victim);
  for (const trace of [1, 2, 3]) victim.serve(trace);

  const forger = wiretap();
  const foreign = await start({ secret: 'the secret of somebody else', transport: forger.transport }, () => now);
  foreign.peers.involve(traceId(2), address);
  foreign.peers.keep(traceId(2));
  await foreign.peers.flush();
  expect(await post(address, forger.sent[0] as string)).toBe(403);

  const genuine = await messageTo(address, 1, () => now);
  expect(await post(await addressOf(other), genuine)).toBe(403);
  expect(await post(address, genuine.replace(/.$/, 'A'))).toBe(403);
  expect(await post(address, genuine.replace('.kept.', '.part.'))).toBe(403);
  // The same hash, as another text that means it.
  const [version, news, time, hash = '', ...rest] = genuine.split('.');
  const sameHash = hash.slice(0, -1) + String.fromCharCode(hash.charCodeAt(hash.length - 1) + 1);
  expect(Buffer.from(sameHash, 'base64url')).toEqual(Buffer.from(hash, 'base64url'));
  expect(victim.out).toEqual([]);
  expect(await post(address, genuine)).toBe(204);
  expect(await post(address, [version, news, time, sameHash, ...rest].join('.'))).toBe(403);
  expect(victim.out).toHaveLength(1);
  expect(await post(address, genuine)).toBe(403);
  expect(await post(address, await messageTo(address, 3, () => now - 30_001))).toBe(403);
  expect(await post(address, await messageTo(address, 3, () => now + 30_001))).toBe(403);
  expect(victim.out).toHaveLength(1);
  expect(victim.peers.stats()).toMatchObject({ kept: 1, forged: 3, replayed: 3, malformed: 1 });
  expect(other.peers.stats()).toMatchObject({ kept: 0, forged: 1 });
});

it('answers garbage, what is too long and what is no message at all, counts it and goes on', async () => {
  const victim = await start();
  const address = await addressOf(victim);
  const [host, port] = address.split(':') as [string, string];
  const long = 'x'.repeat(30_000);
  expect(await post(address, 'garbage')).toBe(403);
  expect(await post(address, Buffer.from([0, 255, 10, 13, 128]))).toBe(403);
  expect(await post(address, '')).toBe(403);
  expect(await post(address, (await messageTo(address, 1)).slice(0, -1))).toBe(403);
  expect(await post(address, long)).toBe(413);
  expect(await post(address, 'x', 'POST', '/')).toBe(404);
  expect(await post(address, '', 'GET')).toBe(404);
  expect(victim.peers.stats().malformed).toBe(7);

  // In chunks, whose sum nobody has announced.
  const chunked = request(`http://${address}/keep`, { method: 'POST', agent: false });
  chunked.on('error', () => {});
  const answered = once(chunked, 'response');
  for (let n = 0; n < 4; n += 1) chunked.write(long.slice(0, 10_000));
  expect((await answered)[0]).toMatchObject({ statusCode: 413 });
  chunked.destroy();

  const socket = connect(Number(port), host);
  sockets.push(socket);
  socket.on('error', () => {}).end('\x16\x03\x01 this is no HTTP\r\n\r\n');
  await once(socket.resume(), 'close');
  expect(victim.peers.stats()).toMatchObject({ kept: 0, malformed: 9 });

  victim.serve(1);
  expect(await post(address, await messageTo(address, 1))).toBe(204);
  expect(victim.out).toHaveLength(1);
});

it('lets go of who never ends what it began to say', async () => {
  const victim = await start();
  const [host, port] = (await addressOf(victim)).split(':') as [string, string];
  const socket = connect(Number(port), host);
  sockets.push(socket);
  socket.on('error', () => {}).write('POST /keep HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
  await once(socket.resume(), 'close');
});

it('gives up on a peer that hangs, counts what it was to be told, and lets nobody else wait', async () => {
  const hanging = createServer((socket) => void sockets.push(socket.on('error', () => {}).resume()));
  await once(hanging.listen(0, '127.0.0.1'), 'listening');
  const [a, b] = await Promise.all([start(), start()]);
  a.peers.involve(traceId(1), `127.0.0.1:${(hanging.address() as AddressInfo).port}`);
  a.peers.involve(traceId(1), await addressOf(b));
  b.serve(1);
  a.serve(1, true);
  await until(() => b.out.length === 1);
  expect(a.peers.stats().dropped).toBe(0); // nobody was given up so far
  await until(() => a.peers.stats().dropped === 1);
  for (const socket of sockets) socket.destroy();
  hanging.close();
});

it('says why it cannot be told where its port is taken, and goes on with what responses tell', async () => {
  const errors: string[] = [];
  const ignore = (): void => {};
  const logger = {
    error: (text: string) => void errors.push(text),
    warn: ignore,
    info: ignore,
    debug: ignore,
    verbose: ignore,
  };
  diag.setLogger(logger, { suppressOverrideMessage: true });
  const first = await start();
  const port = Number((await addressOf(first)).split(':')[1]);
  const second = await start({ port });
  diag.disable();
  expect(errors).toEqual([expect.stringMatching(/^\[sampling\] Peers cannot tell this instance .*EADDRINUSE/)]);
  expect(second.peers.reachable).toBe(false);
  expect(first.peers.verify(second.peers.proof())).toBe('');
  first.serve(1);
  second.serve(1, true);
  second.peers.involve(traceId(1), await addressOf(first));
  await until(() => first.out.length === 1);
});

it('bounds what waits for peers that are away, and counts the rest', async () => {
  let send = (): Promise<void> => new Promise(() => {});
  const transport = { open: async () => 'here', send: () => send(), close: async () => {} };
  const a = await start({ transport });
  for (let n = 0; n < 30_000; n += 1) {
    const id = n.toString(16).padStart(32, '1');
    a.peers.involve(id, `peer-${n % 10}:1`);
    a.peers.keep(id);
  }
  expect(a.peers.stats().dropped).toBe(10_000);
  send = () => Promise.resolve();
});

it('refuses what comes faster than any peers would send it', async () => {
  const second = Math.floor(Date.now() / 1000) * 1000;
  let inbox: KeepInbox | undefined;
  const transport: KeepTransport = {
    open: async (given) => {
      inbox = given;
      return 'here';
    },
    send: async () => {},
    close: async () => {},
  };
  const a = await start({ transport }, () => second);
  for (let n = 0; n < 1500; n += 1) expect(inbox?.take('garbage')).toBe(false);
  expect(a.peers.stats()).toMatchObject({ malformed: 1000, refused: 500 });
});

it('needs 40 bytes at most for a kept trace and peer, where there are twenty at a time, HTTP included', async () => {
  const port = await freePort();
  let bytes = 0;
  // Counts what goes over the wire, both ways.
  const gate = createServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    sockets.push(socket, onward);
    const count = (chunk: Buffer): void => {
      bytes += chunk.length;
    };
    for (const each of [socket, onward]) each.on('error', () => {}).on('data', count);
    socket.pipe(onward).pipe(socket);
  });
  await once(gate.listen(0, '127.0.0.1'), 'listening');
  const address = `127.0.0.1:${(gate.address() as AddressInfo).port}`;
  const [a, b] = await Promise.all([start(), start({ port, advertise: address })]);
  expect(await addressOf(b)).toBe(address);
  for (let trace = 1; trace <= 20; trace += 1) {
    a.peers.involve(traceId(trace), address);
    a.peers.keep(traceId(trace));
  }
  await a.peers.flush();
  expect(b.peers.stats().kept).toBe(20);
  expect(bytes / 20).toBeGreaterThan(22);
  expect(bytes / 20).toBeLessThanOrEqual(40);
  gate.close();
});
