import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { type TracerProvider, trace } from '@opentelemetry/api';
import { recordSpans } from '@throughline/testkit';
import { expect, test } from 'vitest';
import { tracedListener } from '../src/index.ts';

setFlagsFromString('--allow-natives-syntax');
const haveSameShape = new Function('one', 'other', 'return %HaveSameMap(one, other)');

// Records what comes to `/recorded`: whoever does reads the address of the connection.
const tracerProvider: TracerProvider = {
  getTracer: () => ({
    startSpan(_name, options) {
      const { attributes } = options as { attributes: unknown };
      expect(attributes).toBeDefined();
      return trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 0 });
    },
    startActiveSpan: () => {
      throw new Error('not used');
    },
  }),
};

test('connections share their hidden class, whichever of their requests is the first that somebody records', async () => {
  const sockets = new Set<Socket>();
  const recorded = tracedListener((_request, response) => void response.end(), { tracerProvider });
  const unrecorded = tracedListener((_request, response) => void response.end());
  const server = createServer((request, response) => {
    sockets.add(request.socket);
    (request.url === '/recorded' ? recorded : unrecorded)(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agents = [
    ['/recorded', '/plain', '/plain'],
    ['/plain', '/plain', '/recorded'],
  ].map((paths) => ({ paths, agent: new Agent({ keepAlive: true, maxSockets: 1 }) }));
  try {
    for (const { paths, agent } of agents) {
      for (const path of paths) {
        const [response] = (await once(get({ port, path, agent, host: '127.0.0.1' }), 'response')) as [IncomingMessage];
        response.resume();
        await once(response, 'end');
      }
    }
    const [first, second, ...others] = sockets;
    expect(others).toEqual([]);
    expect(haveSameShape(first, second)).toBe(true);
  } finally {
    for (const { agent } of agents) agent.destroy();
    server.close();
    await once(server, 'close');
  }
});

test('every request of a connection says who is at its other end, where the connection itself may not be written to as well', async () => {
  const recorder = await recordSpans();
  const peers: unknown[] = [];
  const answer = tracedListener((_request, response) => void response.end());
  const server = createServer((request, response) => {
    const { remoteAddress, remotePort, localPort } = request.socket;
    peers.push([remoteAddress, remotePort]);
    // As adapters of platforms make requests up.
    if (request.url === '/frozen') {
      const socket = Object.freeze({ remoteAddress: '192.0.2.1', remotePort: 7, localPort });
      Object.defineProperty(request, 'socket', { value: socket });
    }
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agents = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent({ keepAlive: true, maxSockets: 1 })];
  for (const path of ['/first', '/second', '/frozen']) {
    for (const agent of agents) {
      const [response] = (await once(get({ port, path, agent, host: '127.0.0.1' }), 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      const { attributes } = await recorder.take('GET');
      const seen = [attributes['network.peer.address'], attributes['network.peer.port']];
      expect(seen).toEqual(path === '/frozen' ? ['192.0.2.1', 7] : peers.at(-1));
    }
  }
  expect(new Set(peers.map(String)).size).toBe(2);
  for (const agent of agents) agent.destroy();
  server.close();
  await once(server, 'close');
  await recorder.stop();
});
