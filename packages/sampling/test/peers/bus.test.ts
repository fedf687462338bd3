import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { connect } from '@nats-io/transport-node';
import { type KeepTransport, natsKeepTransport, redisKeepTransport } from '@throughline/sampling';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { expect, it } from 'vitest';
import { freePort } from '../../../../scripts/free-port.mjs';
import { describeWithService } from '../../../../test/service.ts';
import { addressOf, createPeer, until } from './peer.ts';

type Client = { readonly transport: KeepTransport; close(): Promise<unknown> };

/** Stands between a client and a server, so that the server can go away and come back. */
async function startGate(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let server: Server;
  const port = await freePort();
  function open(): Promise<void> {
    server = createServer((socket) => {
      const onward = connectTcp(Number(target.port), target.hostname);
      for (const each of [socket, onward]) {
        sockets.add(each);
        each.on('error', () => {}).on('close', () => sockets.delete(each));
      }
      socket.pipe(onward).pipe(socket);
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  }
  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }
  await open();
  return { url: `${target.protocol}//127.0.0.1:${port}`, open, close };
}

const redisClients: [string, (url: string) => Promise<Client>][] = [
  [
    'ioredis',
    async (url) => {
      const client = new Redis(url, { retryStrategy: () => 50 });
      client.on('error', () => {});
      return { transport: redisKeepTransport(client), close: async () => client.disconnect() };
    },
  ],
  [
    'node-redis',
    async (url) => {
      const client = createClient({ url, socket: { reconnectStrategy: () => 50 } });
      client.on('error', () => {});
      await client.connect();
      return { transport: redisKeepTransport(client), close: async () => client.destroy() };
    },
  ],
];

describeWithService('redis', 'over Redis', (url) => {
  for (const [name, connectTo] of redisClients) behaves(`with ${name}`, url, connectTo);
});

describeWithService('nats', 'over NATS', (url) => {
  behaves('with nats', url, async (servers) => {
    const connection = await connect({ servers, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
    return { transport: natsKeepTransport(connection), close: () => connection.close() };
  });
});

function behaves(name: string, url: string, connectTo: (url: string) => Promise<Client>): void {
  it(`${name}: a kept trace reaches everybody who has a part of it, and nobody twice`, async () => {
    const clients = await Promise.all([connectTo(url), connectTo(url), connectTo(url)]);
    const [a, b, c] = clients.map(({ transport }) => createPeer({ transport }));
    if (a === undefined || b === undefined || c === undefined) throw new Error('No peers.');
    await Promise.all([a, b, c].map(({ peers }) => peers.ready));
    for (const peer of [a, b, c]) peer.serve(1);
    a.call(1, b);
    b.call(1, c);
    c.serve(1, true);
    await until(() => a.out.length === 1 && b.out.length === 1);
    await Promise.all([a, b, c].map(({ peers }) => peers.shutdown()));
    expect([a, b, c].map(({ peers }) => peers.stats())).toMatchObject([
      { kept: 1, told: 0, dropped: 0 },
      { kept: 1, told: 1, dropped: 0 },
      { kept: 0, told: 1, dropped: 0 },
    ]);
    await Promise.all(clients.map((client) => client.close()));
  });

  it(`${name}: a server that goes away costs what could not be told, is counted, and nothing else`, async () => {
    const gate = await startGate(url);
    const [behindGate, direct] = await Promise.all([connectTo(gate.url), connectTo(url)]);
    const a = createPeer({ transport: behindGate.transport });
    const b = createPeer({ transport: direct.transport });
    await Promise.all([a.peers.ready, b.peers.ready]);
    const address = await addressOf(b);
    await gate.close();
    a.peers.involve('f'.repeat(32), address);
    a.peers.keep('f'.repeat(32));
    await until(() => a.peers.stats().dropped === 1);
    expect(a.peers.stats().told).toBe(0);

    await gate.open();
    let trace = 0;
    await until(() => {
      trace += 1;
      const id = trace.toString(16).padStart(32, 'a');
      a.peers.involve(id, address);
      a.peers.keep(id);
      return a.peers.stats().told > 0;
    });
    await until(() => b.peers.stats().kept > 0);
    // It can be told of traces, too, after its subscriber has come back.
    b.peers.involve('e'.repeat(32), await addressOf(a));
    b.peers.keep('e'.repeat(32));
    const before = a.peers.stats().kept;
    await until(() => a.peers.stats().kept > before);
    await Promise.all([a.peers.shutdown(), b.peers.shutdown()]);
    await Promise.all([behindGate.close(), direct.close(), gate.close()]);
  });

  it(`${name}: ends well when the application has closed its client first`, async () => {
    const gate = await startGate(url);
    const client = await connectTo(gate.url);
    const peer = createPeer({ transport: client.transport });
    await peer.peers.ready;
    await client.close();
    peer.peers.involve('f'.repeat(32), `${await addressOf(peer)}-of-somebody-else`);
    peer.peers.keep('f'.repeat(32));
    await until(() => peer.peers.stats().dropped === 1);
    await peer.peers.shutdown();
    await gate.close();
  });
}
