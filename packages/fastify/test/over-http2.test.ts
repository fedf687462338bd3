import { once } from 'node:events';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tracing } from '@throughline/fastify';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

// Fastify answers it without a hook.
it('a method that only HTTP/2 lets through has a span', async () => {
  const app = fastify({ http2: true }) as unknown as FastifyInstance;
  await app.register(tracing);
  app.get('/items', async () => 'ok');
  await app.listen({ port: 0, host: '127.0.0.1' });
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
  try {
    const stream = session.request({ ':path': '/items', ':method': 'FROB' }).resume();
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(404);
    const { attributes, status } = await recorder.take('HTTP');
    expect(status).toBe('UNSET');
    expect(attributes['http.request.method_original']).toBe('FROB');
    expect(attributes['http.response.status_code']).toBe(404);
  } finally {
    session.close();
    await app.close();
  }
});

it('an answer over HTTP/2 that goes past Fastify says the correlation ID', async () => {
  const app = fastify({ http2: true }) as unknown as FastifyInstance;
  await app.register(tracing);
  app.get('/items', (_request, reply) => {
    reply.hijack();
    reply.raw.end('ok');
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
  try {
    const stream = session.request({ ':path': '/items', 'x-request-id': 'order-4711' }).resume();
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers['x-request-id']).toBe('order-4711');
    await recorder.take('GET /items');
  } finally {
    session.close();
    await app.close();
  }
});
