import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { tracing } from '@throughline/express';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import express, { type Request, type Response } from 'express';
import { afterEach, beforeEach, expect, it } from 'vitest';

setFlagsFromString('--allow-natives-syntax');
const haveSameShape = new Function('one', 'other', 'return %HaveSameMap(one, other)');

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

// Without `shareShape`, each has its own in Node.js before 24, and nothing that is compiled for one serves another.
it('requests and responses of Express share their hidden classes, also after an application has put something on them', async () => {
  const app = express();
  const held: [Request, Response][] = [];
  app.use(tracing());
  app.get('/items/:id', (request, response) => {
    Object.assign(request, { user: request.params });
    Object.assign(response.locals, { seen: true });
    held.push([request, response]);
    if (held.length < 3) return;
    const [[firstRequest, firstResponse], ...others] = held as [[Request, Response], ...[Request, Response][]];
    const same = others.map(([q, s]) => [haveSameShape(firstRequest, q), haveSameShape(firstResponse, s)]);
    for (const [, waiting] of held) waiting.json(same);
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answers = await Promise.all([1, 2, 3].map(async (id) => (await fetch(`${url}/items/${id}`)).json()));
    const both = [true, true];
    expect(answers[0]).toEqual([both, both]);
    for (let taken = 0; taken < 3; taken += 1) await recorder.take('GET /items/:id');
  } finally {
    server.close();
    await once(server, 'close');
  }
});

it('who answers requests beside the application gets them as Node.js makes them, from the start or later', async () => {
  const app = express();
  app.use(tracing());
  app.get('/app', (_request, response) => void response.send('app'));
  const seen: string[] = [];
  const note = (where: string, response: ServerResponse): void => {
    seen.push(`${where}: ${'send' in response ? "Express's" : "Node's"}`);
  };
  const ask = async (server: Server, path: string) => {
    const { port } = server.address() as AddressInfo;
    await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  };
  const wrapped = createServer((request, response) => {
    note('wrapped', response);
    app(request, response);
  });
  const direct = createServer(app);
  for (const server of [wrapped, direct]) await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    for (let asked = 0; asked < 3; asked += 1) await ask(wrapped, '/app');
    for (let asked = 0; asked < 2; asked += 1) await ask(direct, '/app');
    const started = (event: unknown): void => note('direct', (event as { response: ServerResponse }).response);
    subscribe('http.server.request.start', started);
    await ask(direct, '/app');
    unsubscribe('http.server.request.start', started);
    direct.prependListener('request', (_request, response) => note('prepended', response));
    await ask(direct, '/app');
    expect(seen).toEqual([
      "wrapped: Node's",
      "wrapped: Node's",
      "wrapped: Node's",
      // Nobody is between the application and Node.js here; from Node.js 24 on there is no reason to come before it.
      Number.parseInt(process.versions.v8, 10) < 13 ? "direct: Express's" : "direct: Node's",
      "prepended: Node's",
    ]);
    for (let taken = 0; taken < 7; taken += 1) await recorder.take('GET /app');
  } finally {
    for (const server of [wrapped, direct]) {
      server.close();
      await once(server, 'close');
    }
  }
});

it('what Express and an application put on requests and responses is there as without tracing, in the same order', async () => {
  const seen: string[][] = [];
  for (const isTraced of [false, true]) {
    const app = express();
    app.use(isTraced ? tracing() : (_request, _response, next) => next());
    app.get('/items/:id', (request, response) => {
      Object.assign(request, { user: 'ada' });
      seen.push(Object.keys(request).filter((name) => name !== 'emit'));
      seen.push(Object.keys(response).filter((name) => name !== 'emit' && name !== 'writeHead'));
      response.json(request.params);
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/items/7`;
      for (let asked = 0; asked < 2; asked += 1) expect(await (await fetch(url)).json()).toEqual({ id: '7' });
    } finally {
      server.close();
      await once(server, 'close');
    }
  }
  for (let taken = 0; taken < 2; taken += 1) await recorder.take('GET /items/:id');
  expect(seen.slice(4)).toEqual(seen.slice(0, 4));
});
