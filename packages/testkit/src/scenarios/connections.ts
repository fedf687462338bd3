import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as clientRequest } from 'node:http';
import type { Scenario } from '../contract.ts';
import { open, openSocket, rawRequest, responseTo, send, sendRaw, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';

const work: KitRoute = { method: 'GET', path: '/work', handle: () => ({ body: 'ok' }) };
const socketUpgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];

export const connectionScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'pipelined requests are answered in order and have a span each',
    run: (subject, recorder) =>
      serve(
        subject,
        [{ method: 'GET', path: '/items/:id', handle: ({ request }) => ({ body: `<${request.url}>` }) }],
        async (url) => {
          const targets = ['/items/1', '/items/2', '/items/3'];
          const bytes = targets.map((target) => rawRequest(`GET ${target}`)).join('');
          const received = await sendRaw(url, bytes + rawRequest('GET /items/4', ['Connection: close']));
          assert.deepEqual(received.match(/<.*?>/g), ['</items/1>', '</items/2>', '</items/3>', '</items/4>']);
          const traces = new Set<string>();
          for (const target of [...targets, '/items/4']) {
            const span = await recorder.take((candidate) => candidate.attributes['url.path'] === target);
            assert.equal(span.name, 'GET /items/:id');
            assert.equal(span.parentSpanId, undefined);
            assert.equal(span.attributes['http.response.status_code'], 200);
            assert.equal(span.attributes['error.type'], undefined);
            traces.add(span.traceId);
          }
          assert.equal(traces.size, 4);
        },
      ),
  },
  {
    title: 'a pipelined request whose client leaves before its turn ends its span too',
    run(subject, recorder) {
      let enter = (): void => {};
      const entered = new Promise<void>((resolve) => {
        enter = resolve;
      });
      const first: KitRoute = { method: 'GET', path: '/first', handle: () => undefined };
      const second: KitRoute = {
        method: 'GET',
        path: '/second',
        handle() {
          enter();
          return undefined;
        },
      };
      return serve(subject, [first, second], async (url) => {
        const socket = openSocket(url);
        socket.write(rawRequest('GET /first') + rawRequest('GET /second'));
        await entered;
        socket.destroy();
        for (const name of ['GET /first', 'GET /second']) {
          const span = await recorder.take(name);
          assert.equal(span.attributes['error.type'], 'client_aborted');
          assert.equal(span.attributes['http.response.status_code'], undefined);
        }
      });
    },
  },
  {
    title: 'a pipelined request that was read before its turn ends its span when its client leaves, too',
    async run(subject, recorder) {
      let read = (): void => {};
      const wasRead = new Promise<void>((resolve) => {
        read = resolve;
      });
      const first: KitRoute = { method: 'GET', path: '/first', handle: () => undefined };
      const second: KitRoute = {
        method: 'POST',
        path: '/second',
        handle({ request }) {
          // Node closes a request that was read.
          if (request.closed) read();
          else request.once('close', read).resume();
          return undefined;
        },
      };
      await serve(subject, [first, second], async (url) => {
        const socket = openSocket(url);
        const body = ['Content-Type: text/plain', 'Content-Length: 4'];
        socket.write(rawRequest('GET /first') + rawRequest('POST /second', body, 'body'));
        await wasRead;
        socket.destroy();
        for (const name of ['GET /first', 'POST /second']) {
          const span = await recorder.take(name);
          assert.equal(span.attributes['error.type'], 'client_aborted');
          assert.equal(span.attributes['http.response.status_code'], undefined);
        }
      });
    },
  },
  {
    title: 'a pipelined request whose connection is upgraded before its turn ends its span when that closes',
    run(subject, recorder) {
      const first: KitRoute = { method: 'GET', path: '/first', handle: () => undefined };
      const second: KitRoute = { method: 'GET', path: '/second', handle: () => undefined };
      return serve(
        subject,
        [first, second],
        async (url) => {
          const socket = openSocket(url);
          socket.write(rawRequest('GET /first') + rawRequest('GET /second') + rawRequest('GET /socket', socketUpgrade));
          await once(socket, 'data');
          socket.destroy();
          for (const name of ['GET /first', 'GET /second']) {
            const span = await recorder.take(name);
            assert.equal(span.attributes['http.response.status_code'], undefined);
            assert.equal(span.status, 'ERROR');
          }
        },
        {
          upgrade(_request, socket) {
            socket.on('end', () => socket.end()).resume();
            socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
          },
        },
      );
    },
  },
  {
    title: 'a connection that saw an error serves the next request as if nothing had happened',
    run: (subject, recorder) =>
      serve(
        subject,
        [
          work,
          {
            method: 'GET',
            path: '/broken',
            handle() {
              throw new Error('broken');
            },
          },
        ],
        async (url) => {
          const agent = new Agent({ keepAlive: true, maxSockets: 1 });
          try {
            assert.equal((await send(`${url}/broken`, { agent })).status, 500);
            assert.equal((await send(`${url}/work`, { agent })).status, 200);
            const broken = await recorder.take('GET /broken');
            const span = await recorder.take('GET /work');
            assert.equal(span.attributes['network.peer.port'], broken.attributes['network.peer.port']);
            assert.notEqual(span.traceId, broken.traceId);
            assert.equal(span.status, 'UNSET');
            assert.deepEqual(span.exceptions, []);
          } finally {
            agent.destroy();
          }
        },
      ),
  },
  {
    title: 'a client that expects 100-continue gets it, and one span with the final status',
    run: (subject, recorder) =>
      serve(
        subject,
        [{ method: 'POST', path: '/work', handle: ({ body }) => ({ status: 201, body: JSON.stringify(body) }) }],
        async (url) => {
          const headers = { expect: '100-continue', 'content-type': 'application/json', 'content-length': 7 };
          const request = clientRequest(`${url}/work`, { method: 'POST', headers, agent: new Agent() });
          request.flushHeaders();
          await once(request, 'continue');
          request.end('{"a":1}');
          const response = await responseTo(request);
          response.resume();
          await once(response, 'end');
          const span = await recorder.take('POST /work');
          assert.equal(span.attributes['http.response.status_code'], 201);
          assert.equal(span.status, 'UNSET');
        },
      ),
  },
  {
    title: 'a connection that is upgraded passes untouched and makes no span',
    run: (subject, recorder) =>
      serve(
        subject,
        [work],
        async (url) => {
          const socket = openSocket(url);
          socket.write(rawRequest('GET /work', socketUpgrade));
          let received = '';
          for await (const chunk of socket) received += chunk;
          assert.match(received, /^HTTP\/1\.1 101 .*\r\n\r\nhello$/s);
          await send(`${url}/work`);
          await recorder.take('GET /work');
        },
        {
          upgrade(_request, socket) {
            socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
          },
        },
      ),
  },
  {
    title: 'an upgrade that a route refuses is an exchange like any other',
    run: (subject, recorder) =>
      serve(subject, [{ ...work, handle: () => ({ status: 426, body: 'no' }) }], async (url) => {
        const received = await sendRaw(url, rawRequest('GET /work', socketUpgrade));
        assert.match(received, /^HTTP\/1\.1 426 /);
        const span = await recorder.take('GET /work');
        assert.equal(span.attributes['http.response.status_code'], 426);
        assert.equal(span.status, 'UNSET');
      }),
  },
  {
    title: 'a target in absolute form is taken apart, and overrules the Host header',
    run: (subject, recorder) =>
      serve(subject, [{ ...work, path: '/items/:id' }], async (url) => {
        const target = 'http://user:s3cret@proxied.example:8080/items/1?color=red';
        assert.match(await sendRaw(url, rawRequest(`GET ${target}`, ['Connection: close'])), /^HTTP\/1\.1 200 /);
        const { attributes } = await recorder.take('GET /items/:id');
        assert.equal(attributes['url.path'], '/items/1');
        assert.equal(attributes['url.query'], 'color=red');
        assert.equal(attributes['server.address'], 'proxied.example');
        assert.equal(attributes['server.port'], 8080);
        assert.ok(!JSON.stringify(attributes).includes('s3cret'));
      }),
  },
  {
    title: 'a request for the server as a whole has no route',
    run: (subject, recorder) =>
      serve(subject, [work], async (url) => {
        await sendRaw(url, rawRequest('OPTIONS *', ['Connection: close']));
        const span = await recorder.take('OPTIONS');
        assert.equal(span.attributes['http.route'], undefined);
        assert.equal(span.attributes['url.path'], '*');
      }),
  },
  ...[204, 304].map(
    (status): Scenario<ServerSubject> => ({
      title: `a response without a body, ${status}, is complete with its headers`,
      run: (subject, recorder) =>
        serve(subject, [{ ...work, handle: () => ({ status }) }], async (url) => {
          assert.equal((await send(`${url}/work`)).status, status);
          const span = await recorder.take('GET /work');
          assert.equal(span.attributes['http.response.status_code'], status);
          assert.equal(span.attributes['error.type'], undefined);
          assert.equal(span.status, 'UNSET');
        }),
    }),
  ),
  {
    title: 'connections that never send a whole request make no span and hold up nobody',
    run: (subject, recorder) =>
      serve(subject, [work], async (url) => {
        const unfinished = ['', 'GET', 'GET /work HTTP/1.1\r\nHost: kit.example\r\nX-Slow: '];
        const sockets = unfinished.map((bytes) => {
          const socket = openSocket(url);
          socket.write(bytes);
          return socket;
        });
        await Promise.all(sockets.map((socket) => once(socket, 'connect')));
        assert.equal((await send(`${url}/work`)).status, 200);
        await recorder.take('GET /work');
        for (const socket of sockets) socket.destroy();
        const last = open(`${url}/work`);
        (await responseTo(last)).resume();
        await recorder.take('GET /work');
      }),
  },
];
