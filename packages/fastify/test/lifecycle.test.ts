import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { context, trace } from '@opentelemetry/api';
import { logFields } from '@throughline/core';
import { tracing } from '@throughline/fastify';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

const activeTrace = (): string => trace.getSpanContext(context.active())?.traceId ?? 'none';

describe('the route of a span', () => {
  it.each<[what: string, path: string, name: string, build: (app: FastifyInstance) => void]>([
    [
      'has every prefix of nested plugins',
      '/a/1/b/2/c',
      'GET /a/:a/b/:b/c',
      (app) => {
        app.register(
          async (outer) => {
            outer.register(async (inner) => void inner.get('/c', async () => 'ok'), { prefix: '/b/:b' });
          },
          { prefix: '/a/:a' },
        );
      },
    ],
    ['is a wildcard as registered', '/files/a/b', 'GET /files/*', (app) => void app.get('/files/*', async () => 'ok')],
    [
      'is a pattern as registered',
      '/at/9h',
      'GET /at/:hour(^\\d+)h',
      (app) => void app.get('/at/:hour(^\\d+)h', async () => 'ok'),
    ],
    [
      'is missing where the handler for unknown paths answers, whatever its prefix',
      '/api/secret',
      'GET',
      (app) => {
        app.register(async (api) => api.setNotFoundHandler(async (_request, reply) => reply.code(404).send('custom')), {
          prefix: '/api',
        });
      },
    ],
    [
      'is kept where the handler itself says "not found"',
      '/items/1',
      'GET /items/:id',
      (app) => void app.get('/items/:id', (_request, reply) => reply.callNotFound()),
    ],
  ])('%s', async (_what, path, name, build) => {
    await withApp(build, async (url) => {
      await (await fetch(url + path)).text();
      const span = await recorder.take((candidate) => candidate.kind === 'SERVER');
      expect(span.name).toBe(name);
    });
  });

  it('is the one of the version that the client asked for', async () => {
    await withApp(
      (app) => {
        app.get('/items/:id', { constraints: { version: '1.0.0' } }, async () => 'one');
        app.get('/items/:key', { constraints: { version: '2.0.0' } }, async () => 'two');
      },
      async (url) => {
        const headers = { 'accept-version': '2.x' };
        expect(await (await fetch(`${url}/items/1`, { headers })).text()).toBe('two');
        await recorder.take('GET /items/:key');
      },
    );
  });
});

describe('an error', () => {
  const stages = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend'] as const;
  it.each(stages)('of the hook %s is recorded once and answered as without tracing', async (stage) => {
    await withApp(
      (app) => {
        const error = new RangeError('broken'); // `onSend` runs once more for the answer to the error
        app.addHook(stage as 'onRequest', async () => {
          throw error;
        });
        app.get('/items/:id', async () => ({ ok: true }));
      },
      async (url) => {
        expect((await fetch(`${url}/items/1`)).status).toBe(500);
        const span = await recorder.take('GET /items/:id');
        expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'broken' }]);
        expect(span.attributes['error.type']).toBe('RangeError');
        expect(span.status).toBe('ERROR');
      },
    );
  });

  it('of a serializer is recorded', async () => {
    await withApp(
      (app) => {
        app.get('/items/:id', async (_request, reply) => {
          reply.serializer(() => {
            throw new RangeError('broken');
          });
          return { ok: true };
        });
      },
      async (url) => {
        expect((await fetch(`${url}/items/1`)).status).toBe(500);
        expect((await recorder.take('GET /items/:id')).attributes['error.type']).toBe('RangeError');
      },
    );
  });

  it('of a schema is a 400 and no error of the exchange', async () => {
    await withApp(
      (app) => {
        const schema = {
          querystring: { type: 'object', required: ['page'], properties: { page: { type: 'integer' } } },
        };
        app.get('/items', { schema }, async () => 'ok');
      },
      async (url) => {
        expect((await fetch(`${url}/items`)).status).toBe(400);
        const span = await recorder.take('GET /items');
        expect(span.status).toBe('UNSET');
        expect(span.exceptions.length).toBe(1);
      },
    );
  });

  it.each([
    [409, 'UNSET', undefined],
    [503, 'ERROR', 'RangeError'],
  ])('that the error handler of the application answers with %i is judged by that', async (status, outcome, type) => {
    await withApp(
      (app) => {
        app.setErrorHandler((_error, _request, reply) => reply.code(status).send('handled'));
        app.get('/items/:id', async () => {
          throw new RangeError('broken');
        });
      },
      async (url) => {
        expect((await fetch(`${url}/items/1`)).status).toBe(status);
        const span = await recorder.take('GET /items/:id');
        expect(span.status).toBe(outcome);
        expect(span.attributes['error.type']).toBe(type);
        expect(span.exceptions).toEqual([{ type: 'RangeError', message: 'broken' }]);
      },
    );
  });

  it('of a stream that is answered is the error of the exchange', async () => {
    await withApp(
      (app) => {
        app.get('/stream', async (_request, reply) => {
          reply.type('text/plain');
          return Readable.from(
            (async function* chunks() {
              yield 'first';
              await delay(5);
              throw new RangeError('broken');
            })(),
          );
        });
      },
      async (url) => {
        const response = await fetch(`${url}/stream`);
        await expect(response.text()).rejects.toThrow();
        const span = await recorder.take('GET /stream');
        expect(span.attributes['http.response.status_code']).toBe(200);
        expect(span.status).toBe('ERROR');
      },
    );
  });
});

describe('a handler', () => {
  it('of any style runs in the context, and its span lasts as long as the response', async () => {
    const seen: string[] = [];
    await withApp(
      (app) => {
        app.get('/callback', (_request, reply) => {
          setTimeout(() => {
            seen.push(activeTrace());
            reply.send('ok');
          }, 20);
        });
        app.get('/async', async () => {
          await delay(20);
          seen.push(activeTrace());
          return 'ok';
        });
        app.get('/stream', (_request, reply) => {
          reply.send(
            Readable.from(
              (async function* chunks() {
                yield 'a';
                await delay(20);
                seen.push(activeTrace());
                yield 'b';
              })(),
            ),
          );
        });
        app.get('/hijack', (_request, reply) => {
          reply.hijack();
          setTimeout(() => {
            seen.push(activeTrace());
            reply.raw.writeHead(202).end('ok');
          }, 20);
        });
      },
      async (url) => {
        for (const path of ['/callback', '/async', '/stream', '/hijack']) {
          const { status } = await fetch(url + path).then(async (response) => {
            await response.text();
            return response;
          });
          const span = await recorder.take(`GET ${path}`);
          expect(seen.pop()).toBe(span.traceId);
          expect(span.durationMs).toBeGreaterThan(15);
          expect(span.attributes['http.response.status_code']).toBe(status);
        }
      },
    );
  });

  it('and every hook after ours see the span', async () => {
    const seen: Record<string, string> = {};
    const hooks = [
      'onRequest',
      'preParsing',
      'preValidation',
      'preHandler',
      'preSerialization',
      'onSend',
      'onResponse',
    ];
    await withApp(
      (app) => {
        for (const hook of hooks) {
          app.addHook(hook as 'onRequest', async () => {
            seen[hook] = activeTrace();
          });
        }
        app.post('/items', async () => ({ ok: true }));
      },
      async (url) => {
        await fetch(`${url}/items`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"a":1}',
        });
        const { traceId } = await recorder.take('POST /items');
        expect(seen).toEqual(Object.fromEntries(hooks.map((hook) => [hook, traceId])));
      },
    );
  });
});

it('a request that is injected without a socket is an exchange like any other', async () => {
  const app = fastify();
  await app.register(tracing);
  app.get('/items/:id', async () => 'ok');
  const { statusCode, headers } = await app.inject('/items/1');
  expect(statusCode).toBe(200);
  const span = await recorder.take('GET /items/:id');
  expect(headers['x-request-id']).toBe(span.attributes['throughline.request_id']);
  expect(span.status).toBe('UNSET');
  await app.close();
});

it('a trusted proxy names the client, the scheme and the host', async () => {
  await withApp(
    (app) => void app.get('/', async () => 'ok'),
    async (url) => {
      await fetch(url, {
        headers: {
          'x-forwarded-for': '203.0.113.9',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'shop.example',
        },
      });
      const { attributes } = await recorder.take('GET /');
      expect(attributes['client.address']).toBe('203.0.113.9');
      expect(attributes['url.scheme']).toBe('https');
      expect(attributes['server.address']).toBe('shop.example');
    },
    { trustProxy: true },
  );
});

it('every line of the logger of Fastify has the ids of its request, also the last one', async () => {
  const lines: Record<string, unknown>[] = [];
  const logger = {
    mixin: logFields,
    stream: { write: (line: string) => void lines.push(JSON.parse(line)) },
  };
  await withApp(
    (app) => {
      app.get('/items/:id', async (request) => {
        request.log.info('in the handler');
        return 'ok';
      });
    },
    async (url) => {
      await fetch(`${url}/items/1`, { headers: { 'x-request-id': 'order-4711' } });
      const { traceId } = await recorder.take('GET /items/:id');
      const about = lines.filter((line) => line.msg === 'in the handler' || line.msg === 'request completed');
      expect(about.map(({ trace_id, request_id }) => [trace_id, request_id])).toEqual([
        [traceId, 'order-4711'],
        [traceId, 'order-4711'],
      ]);
    },
    { logger } as FastifyServerOptions,
  );
});

it('a path that Fastify refuses before any hook has a span too', async () => {
  await withApp(
    (app) => void app.get('/items/:id', async () => 'ok'),
    async (url) => {
      expect((await fetch(`${url}/items/%zz`)).status).toBe(400);
      const span = await recorder.take('GET');
      expect(span.attributes['http.response.status_code']).toBe(400);
    },
  );
});

it('routes beside the instance that registers the plugin are not traced', async () => {
  const app = fastify({ forceCloseConnections: true });
  app.register(async (child) => {
    await child.register(tracing);
    child.get('/traced', async () => 'ok');
  });
  app.get('/untraced', async () => 'ok');
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  await fetch(`${url}/untraced`);
  await fetch(`${url}/traced`);
  await recorder.take('GET /traced');
  await app.close();
});

it('a wrong option rejects the registration and names the option', async () => {
  const app = fastify();
  await expect(async () => app.register(tracing, { ignore: 'health' as never })).rejects.toThrow(
    '[fastify] Expected `ignore` to be a function, got the string "health".',
  );
});

async function withApp(
  build: (app: FastifyInstance) => void,
  use: (url: string) => Promise<void>,
  options: FastifyServerOptions = {},
): Promise<void> {
  const app = fastify({ forceCloseConnections: true, ...options }) as FastifyInstance;
  await app.register(tracing);
  build(app);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  try {
    await use(url);
  } finally {
    const closed = once(app.server, 'close');
    await app.close();
    await closed;
  }
}
