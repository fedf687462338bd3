import { once } from 'node:events';
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
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/items/7`);
      expect(await response.json()).toEqual({ id: '7' });
    } finally {
      server.close();
      await once(server, 'close');
    }
  }
  await recorder.take('GET /items/:id');
  expect(seen.slice(2)).toEqual(seen.slice(0, 2));
});
