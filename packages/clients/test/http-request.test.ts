import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { context, trace } from '@opentelemetry/api';
import { traceAxios } from '@throughline/clients/axios';
import { tracedHttp } from '@throughline/clients/http';
import { withSpan } from '@throughline/core';
import axios from 'axios';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { callerOf, startService } from './echo-service.ts';

const recorder = useRecorder();
const { get, request } = tracedHttp();

describe('a request that is given up', () => {
  const giveUps: Record<string, (outgoing: ClientRequest) => unknown> = {
    'by `destroy()`, before it is sent': (outgoing) => outgoing.destroy(),
    'by `destroy()`, before the headers': async (outgoing) => {
      await once(outgoing, 'socket');
      outgoing.destroy();
    },
    'by `destroy()`, within the body': async (outgoing) => {
      const response = await responseTo(outgoing);
      await once(
        response.on('error', () => {}),
        'data',
      );
      outgoing.destroy();
    },
  };
  it.each(Object.entries(giveUps))('%s is marked, and no error', async (how, giveUp) => {
    const url = await startService((_request, response) => {
      if (how.includes('body')) response.writeHead(200, { 'content-length': 100 }).write('some');
    });
    const outgoing = get(url).on('error', () => {});
    await giveUp(outgoing);
    const span = await recorder.take('GET');
    expect(span.status).toBe('UNSET');
    expect(span.attributes['throughline.cancelled']).toBe(true);
    expect(span.attributes['http.response.status_code']).toBe(how.includes('body') ? 200 : undefined);
    expect(span.exceptions).toEqual([]);
  });

  it('by destroying the response has seen enough: no error, with its status', async () => {
    const url = await startService((_request, response) => void response.write('some'));
    const response = await responseTo(get(url));
    for await (const _ of response) break;
    const span = await recorder.take('GET');
    expect(span.status).toBe('UNSET');
    expect(span.attributes['http.response.status_code']).toBe(200);
  });

  it('with an error is one', async () => {
    const outgoing = get(await startService(() => {}));
    const thrown = new RangeError('too slow');
    const failed = once(outgoing, 'error');
    outgoing.destroy(thrown);
    expect(await failed).toEqual([thrown]);
    const span = await recorder.take('GET');
    expect(span.attributes['error.type']).toBe('RangeError');
    expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'too slow' }]);
  });

  it.each(['headers', 'body'])('after its timeout, before the %s, is an error', async (missing) => {
    const url = await startService((_request, response) => {
      if (missing === 'body') response.writeHead(200, { 'content-length': 100 }).write('some');
    });
    const outgoing = get(url, { timeout: 50 }, (response) => response.on('error', () => {}).resume());
    outgoing.on('timeout', () => outgoing.destroy()).on('error', () => {});
    const span = await recorder.take('GET');
    expect(span.status).toBe('ERROR');
    expect(span.attributes['error.type']).toBe('TimeoutError');
    expect(span.attributes['throughline.cancelled']).toBeUndefined();
  });
});

describe('a connection that the service closes is an error', () => {
  it.each(['end', 'resetAndDestroy'] as const)('before the headers, by %s', async (how) => {
    const url = await startService(({ socket }) => void socket[how]());
    const [thrown] = (await once(get(url), 'error')) as [Error];
    const span = await recorder.take('GET');
    expect(span.attributes['error.type']).toBe('ECONNRESET');
    expect(span.exceptions[0]?.message).toBe(thrown.message);
  });

  it.each(['end', 'resetAndDestroy'] as const)('within the body, by %s, besides the status', async (how) => {
    const url = await startService(({ socket }, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('some', () => void socket[how]());
    });
    const response = await responseTo(get(url).on('error', () => {}));
    await expect(text(response)).rejects.toThrow();
    const span = await recorder.take('GET');
    expect(span.attributes['error.type']).toBe('ECONNRESET');
    expect(span.attributes['http.response.status_code']).toBe(200);
  });
});

it('the listeners of a request are those of the caller', async () => {
  const url = await startService((_request, response) => void response.end('ok'));
  const outgoing = get(url);
  expect(['error', 'response', 'upgrade', 'connect', 'continue'].map((name) => outgoing.listenerCount(name))).toEqual(
    Array(5).fill(0),
  );
  // Node discards a response that nobody listens for, and the connection is free again.
  await once(outgoing, 'close');
  const span = await recorder.take('GET');
  expect(span.attributes['http.response.status_code']).toBe(200);
  expect(span.attributes['network.peer.address']).toBe('127.0.0.1');
  expect(span.attributes['network.protocol.version']).toBe('1.1');
});

it('listeners run in the context of the caller, whoever had the connection before', async () => {
  const callers: (string | undefined)[] = [];
  const url = await startService((incoming, response) => {
    callers.push(callerOf(incoming));
    response.end('ok');
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const seen = await Promise.all(
    [1, 2, 3].map((n) =>
      withSpan(`work ${n}`, async (span) => {
        const active: unknown[] = [];
        const outgoing = get(url, { agent }, () => active.push(trace.getSpan(context.active())));
        const response = await responseTo(outgoing);
        response.on('data', () => active.push(trace.getSpan(context.active())));
        await once(response, 'end');
        return active.length === 2 && active.every((each) => each === span);
      }),
    ),
  );
  expect(seen).toEqual([true, true, true]);
  for (const n of [1, 2, 3]) {
    const parent = await recorder.take(`work ${n}`);
    const span = await recorder.take(({ parentSpanId }) => parentSpanId === parent.spanId);
    expect(callers[n - 1]).toBe(span.spanId);
  }
});

it('an upgrade ends the span with status 101', async () => {
  const server = createSocketServer((socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const outgoing = get({ port, host: '127.0.0.1', headers: { connection: 'Upgrade', upgrade: 'x' } });
  const [, socket] = await once(outgoing, 'upgrade');
  const span = await recorder.take('GET');
  expect(span.attributes['http.response.status_code']).toBe(101);
  expect(span.status).toBe('UNSET');
  expect(socket.destroyed).toBe(false);
  socket.destroy();
});

it('a request that is ended later, and elsewhere, is a child of the span it was made in', async () => {
  const url = await startService((incoming, response) => void incoming.pipe(response));
  const outgoing = withSpan('work', () => request(url, { method: 'POST' }));
  const response = await withSpan('other', () => responseTo(outgoing.end('body')));
  expect(await text(response)).toBe('body');
  const work = await recorder.take('work');
  await recorder.take('other');
  expect((await recorder.take('POST')).parentSpanId).toBe(work.spanId);
});

it('`node:https` is traced over a real connection', async () => {
  const key = { pskCallback: () => ({ psk: Buffer.alloc(16, 1), identity: 'kit' }), ciphers: 'PSK' } as const;
  const secure = { ...key, maxVersion: 'TLSv1.2' } as const;
  const server = https.createServer({ ...secure, pskCallback: () => Buffer.alloc(16, 1) }, (incoming, response) => {
    response.end(callerOf(incoming));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const agent = new https.Agent({ keepAlive: false });
  const outgoing = tracedHttp(https).get(url, { ...secure, agent, checkServerIdentity: () => undefined });
  const caller = await text(await responseTo(outgoing));
  const span = await recorder.take('GET');
  expect(span.attributes['url.full']).toBe(url);
  expect(caller).toBe(span.spanId);
});

it('a failed handshake is an error, of a span whose URL has the scheme and port of `node:https`', async () => {
  const plain = new URL(await startService((_request, response) => void response.end()));
  const outgoing = tracedHttp(https).get({ host: plain.hostname, port: plain.port });
  await once(outgoing, 'error');
  const span = await recorder.take('GET');
  expect(span.attributes['url.full']).toBe(`https://${plain.host}/`);
  expect(span.status).toBe('ERROR');
});

it('axios that is traced, over a transport that is traced too, has one span', async () => {
  const url = await startService((_request, response) => void response.end('ok'));
  const instance = traceAxios(axios.create({ transport: tracedHttp(), maxRedirects: 0 } as object));
  expect((await instance.get(url)).data).toBe('ok');
  expect((await recorder.take('GET')).scope).toBe('@throughline/clients/axios');
});

async function responseTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}
