import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tracing } from '@throughline/express';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import express, { type Express, type RequestHandler } from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

const ok: RequestHandler = (_request, response) => {
  response.send('ok');
};
const pass: RequestHandler = (_request, _response, next) => next();

describe('the route of a span', () => {
  it.each<[what: string, path: string, name: string, build: (app: Express) => void]>([
    [
      'has every prefix of nested routers',
      '/a/1/b/2/c',
      'GET /a/:a/b/:b/c',
      (app) => {
        const inner = express.Router().get('/c', ok);
        app.use('/a/:a', express.Router().use('/b/:b', inner));
      },
    ],
    [
      'has the prefix by which a router that is mounted twice was reached',
      '/new/items/1',
      'GET /new/items/:id',
      (app) => {
        const router = express.Router().get('/items/:id', ok);
        app.use('/old', router).use('/new', router);
      },
    ],
    [
      'has the prefix that answered when the first mount of a router passed the request on',
      '/v1/items/1',
      'GET /:version/items/:id',
      (app) => {
        const router = express.Router().get('/items/:id', (request, response, next) => {
          if (request.baseUrl === '/v1' && request.headers['x-seen'] === undefined) {
            request.headers['x-seen'] = 'yes';
            next();
          } else response.send('ok');
        });
        app.use('/v1', router).use('/:version', router);
      },
    ],
    [
      'is the member of an array of paths, as registered',
      '/b/1',
      'GET /b/:id',
      (app) => void app.get(['/a/:id', '/b/:id'], ok),
    ],
    [
      'is the source of a regular expression',
      '/fly/dragon',
      'GET \\/fly\\/(.*)',
      (app) => void app.get(/\/fly\/(.*)/, ok),
    ],
    ['is a wildcard as registered', '/files/a/b/c', 'GET /files/*path', (app) => void app.get('/files/*path', ok)],
    [
      'is an optional group as registered',
      '/files/a',
      'GET /files{/:name}',
      (app) => void app.get('/files{/:name}', ok),
    ],
    [
      'has the mount of a sub-application',
      '/admin/users/7',
      'GET /admin/users/:id',
      (app) => {
        app.use('/admin', express().get('/users/:id', ok));
      },
    ],
    ['has the case it was registered in', '/ITEMS/1', 'GET /items/:id', (app) => void app.get('/items/:id', ok)],
    [
      'of a router at the root has no double slash',
      '/items/1',
      'GET /items/:id',
      (app) => void app.use('/', express.Router().get('/items/:id', ok)),
    ],
    [
      'at the root of a mounted router is the mount',
      '/api',
      'GET /api',
      (app) => void app.use('/api', express.Router().get('/', ok)),
    ],
    ['is that of `all`', '/any/1', 'GET /any/:id', (app) => void app.all('/any/:id', ok)],
    ['is that of `route()`', '/any/1', 'GET /any/:id', (app) => void app.route('/any/:id').post(ok).get(ok)],
    [
      'is that of the handler that answered, when one before it passed the request on',
      '/items/1',
      'GET /items/:id',
      (app) => void app.get('/items/special', pass).get('/:type/:id', pass).get('/items/:id', ok),
    ],
    [
      "is the next one after `next('route')`",
      '/items/1',
      'GET /:kind/:id',
      (app) => void app.get('/items/:id', (_request, _response, next) => next('route'), ok).get('/:kind/:id', ok),
    ],
    [
      "is outside of the router after `next('router')`",
      '/api/items',
      'GET /api/:rest',
      (app) => {
        const router = express.Router().use((_request, _response, next) => next('router'));
        app.use('/api', router.get('/items', ok)).get('/api/:rest', ok);
      },
    ],
    [
      'does not change with `router.param`',
      '/users/7',
      'GET /users/:user',
      (app) => {
        app.param('user', (_request, _response, next) => next());
        app.get('/users/:user', ok);
      },
    ],
    [
      'is kept when a handler answers later',
      '/slow/7',
      'GET /slow/:id',
      (app) => void app.get('/slow/:id', (_request, response) => void setImmediate(() => response.send('ok'))),
    ],
    [
      'is missing where a middleware answers',
      '/api/secret',
      'GET',
      (app) => void app.use('/api', ok).get('/api/:x', ok),
    ],
    [
      'is missing where the last middleware answers 404, after routes that passed the request on',
      '/items/1',
      'GET',
      (app) => {
        app.get('/items/:id', pass);
        app.use((_request, response) => void response.status(404).send('custom'));
      },
    ],
    [
      'is missing where no layer answers',
      '/api/items/secret',
      'GET',
      (app) => void app.use('/api', express.Router().get('/items', ok)),
    ],
    [
      'is missing where every route passed the request on',
      '/items/1',
      'GET',
      (app) => void app.get('/items/:id', pass),
    ],
  ])('%s', async (_what, path, name, build) => {
    const app = express().use(tracing());
    build(app);
    await get(app, path);
    const span = await recorder.take((candidate) => candidate.kind === 'SERVER');
    expect(span.name).toBe(name);
    expect(span.attributes['http.route']).toBe(name === 'GET' ? undefined : name.slice(4));
  });

  it('has every prefix also where a router traces by itself, and its siblings are not traced', async () => {
    const app = express();
    app.use('/traced/:tenant', express.Router().use(tracing()).get('/items/:id', ok));
    app.get('/other', ok);
    await get(app, '/traced/acme/items/1');
    await get(app, '/other');
    const span = await recorder.take('GET /traced/:tenant/items/:id');
    expect(span.attributes['url.path']).toBe('/traced/acme/items/1');
  });
});

describe('an error', () => {
  it.each<[what: string, status: number, spanStatus: string, answer: number]>([
    ['that an error handler turns into a 200 is recorded and no error of the exchange', 200, 'UNSET', 200],
    ['that an error handler answers with 409 is recorded and no error of the exchange', 409, 'UNSET', 409],
    ['that an error handler answers with 503 is the error of the exchange', 503, 'ERROR', 503],
  ])('%s', async (_what, status, spanStatus, answer) => {
    const app = express().use(tracing());
    app.get('/items/:id', () => {
      throw new RangeError('broken');
    });
    app.use(((_error, _request, response, _next) => void response.sendStatus(answer)) as express.ErrorRequestHandler);
    expect((await get(app, '/items/1')).status).toBe(status);
    const span = await recorder.take('GET /items/:id');
    expect(span.status).toBe(spanStatus);
    expect(span.attributes['error.type']).toBe(spanStatus === 'ERROR' ? 'RangeError' : undefined);
    expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'broken' }]);
  });

  it('that an error handler throws in its turn is recorded beside the first', async () => {
    const app = express().use(tracing());
    app.set('env', 'test');
    app.get('/items/:id', () => {
      throw new RangeError('first');
    });
    app.use(((_error, _request, _response, _next) => {
      throw new TypeError('second');
    }) as express.ErrorRequestHandler);
    expect((await get(app, '/items/1')).status).toBe(500);
    const span = await recorder.take('GET /items/:id');
    expect(span.exceptions.map(({ message }) => message)).toEqual(['first', 'second']);
    expect(span.attributes['error.type']).toBe('TypeError');
  });

  it('of a middleware in a mounted router is recorded, and leaves no route', async () => {
    const app = express().use(tracing());
    app.set('env', 'test');
    const router = express.Router().use(() => {
      throw new RangeError('broken');
    });
    app.use('/api/:tenant', router.get('/items', ok));
    expect((await get(app, '/api/acme/items')).status).toBe(500);
    const span = await recorder.take('GET');
    expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'broken' }]);
  });

  it('of `router.param` is recorded', async () => {
    const app = express().use(tracing());
    app.set('env', 'test');
    app.param('user', (_request, _response, next) => next(new RangeError('no such user')));
    app.get('/users/:user', ok);
    expect((await get(app, '/users/7')).status).toBe(500);
    const span = await recorder.take((candidate) => candidate.kind === 'SERVER');
    expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'no such user' }]);
    expect(span.attributes['error.type']).toBe('RangeError');
  });
});

it('a trusted proxy names the client, the scheme and the host', async () => {
  const app = express().set('trust proxy', 'loopback').use(tracing()).get('/', ok);
  await get(app, '/', {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.example',
  });
  const { attributes } = await recorder.take('GET /');
  expect(attributes['client.address']).toBe('203.0.113.9');
  expect(attributes['url.scheme']).toBe('https');
  expect(attributes['server.address']).toBe('shop.example');
});

it('a wrong option is an error at once that names it', () => {
  expect(() => tracing({ ignore: 'health' as never })).toThrow(
    '[express] Expected `ignore` to be a function, got the string "health".',
  );
});

async function get(app: Express, path: string, headers: Record<string, string> = {}): Promise<{ status: number }> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers });
    await response.text();
    return { status: response.status };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
