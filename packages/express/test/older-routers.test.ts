import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tracing } from '@throughline/express';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import type { Express, IRouter, RequestHandler } from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

// Older versions under another name, which types do not know; `router` 2.2 is that of Express 5.0 to 5.2.
const require = createRequire(import.meta.url);
const express4 = require('express4') as (() => Express) & { Router(): IRouter };
const Router2 = require('router2.2') as () => IRouter;

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

const ok: RequestHandler = (_request, response) => {
  response.end('ok');
};

const versions: [version: string, create: () => IRouter, router: () => IRouter][] = [
  ['express 4', () => express4(), () => express4.Router()],
  ['router 2.2', () => Router2(), () => Router2()],
];

describe.each(versions)('with %s, which publishes nothing,', (_version, create, router) => {
  it.each<[what: string, path: string, name: string, build: (app: IRouter) => void]>([
    ['a route is named', '/items/1', 'GET /items/:id', (app) => app.get('/items/:id', ok)],
    ['a regular expression is named by its source', '/fly/a', 'GET \\/fly\\/(.*)', (app) => app.get(/\/fly\/(.*)/, ok)],
    ['a route at the root is named', '/', 'GET /', (app) => app.get('/', ok)],
    ['a path of nobody has no name', '/secret', 'GET', (app) => app.get('/items', ok)],
    ['a middleware that answers has no name', '/secret', 'GET', (app) => app.use(ok)],
    [
      'a route in a mounted router is left unnamed rather than named by values',
      '/tenants/acme/items/1',
      'GET',
      (app) => app.use('/tenants/:tenant', router().get('/items/:id', ok)),
    ],
    [
      'a 404 in a mounted router has no name',
      '/tenants/acme/nothing',
      'GET',
      (app) => app.use('/tenants/:tenant', router().get('/items/:id', ok)),
    ],
  ])('%s', async (_what, path, name, build) => {
    const app = create();
    app.use(tracing());
    build(app);
    await get(app, path);
    expect((await recorder.take((span) => span.kind === 'SERVER')).name).toBe(name);
  });

  it('an error is told by the response', async () => {
    const app = create();
    app.use(tracing());
    if ('set' in app) (app as Express).set('env', 'test');
    app.get('/items/:id', () => {
      throw new RangeError('broken');
    });
    expect(await get(app, '/items/1')).toBe(500);
    const span = await recorder.take((candidate) => candidate.kind === 'SERVER');
    expect(span.status).toBe('ERROR');
    expect(span.attributes['error.type']).toBe('500');
  });
});

async function get(app: IRouter, path: string): Promise<number> {
  const handle = app as unknown as (...exchange: [...Parameters<RequestListener>, (error?: unknown) => void]) => void;
  const server = createServer((request, response) =>
    handle(request, response, (error) => response.writeHead(error === undefined ? 404 : 500).end()),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    await response.text();
    return response.status;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
