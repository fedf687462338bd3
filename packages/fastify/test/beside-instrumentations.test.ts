import { createRequire } from 'node:module';
import { FastifyOtelInstrumentation } from '@fastify/otel';
import { trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { tracing } from '@throughline/fastify';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';

// A file of its own: what is patched stays patched, and every test file has a process of its own.
let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = await recordSpans();
});
afterEach(async () => {
  recorder.assertEmpty();
  await recorder.stop();
});

it('the SERVER span of @fastify/otel is enriched, and no second one is made, where it is registered first', async () => {
  const otel = new FastifyOtelInstrumentation({ registerOnInitialization: false });
  otel.setTracerProvider(trace.getTracerProvider());
  await withApp(
    async (app) => {
      await app.register(otel.plugin());
      await app.register(tracing);
    },
    async (url) => {
      await fetch(`${url}/items/1`, { headers: { 'x-request-id': 'order-4711' } });
      const span = await recorder.take('GET /items/:id');
      expect(span.kind).toBe('SERVER');
      expect(span.scope).toBe('@fastify/otel');
      expect(span.attributes['http.route']).toBe('/items/:id');
      expect(span.attributes['throughline.request_id']).toBe('order-4711');
      for (const child of recorder.finished()) expect([child.kind, child.traceId]).toEqual(['INTERNAL', span.traceId]);
      recorder.clear();
    },
  );
});

it('the SERVER span of @opentelemetry/instrumentation-http is enriched, and no second one is made', async () => {
  const instrumentation = new HttpInstrumentation();
  instrumentation.setTracerProvider(trace.getTracerProvider());
  createRequire(import.meta.url)('http'); // it patches when somebody asks for the module
  try {
    await withApp(
      async (app) => {
        await app.register(tracing);
      },
      async (url) => {
        await fetch(`${url}/items/1?token=s3cret`, { headers: { 'x-request-id': 'order-4711' } });
        const span = await recorder.take('GET /items/:id');
        expect(span.kind).toBe('SERVER');
        expect(span.scope).toBe('@opentelemetry/instrumentation-http');
        expect(span.attributes['http.route']).toBe('/items/:id');
        expect(span.attributes['throughline.request_id']).toBe('order-4711');
        expect((await fetch(`${url}/broken/1`)).status).toBe(500);
        const broken = await recorder.take('GET /broken/:id');
        expect(broken.status).toBe('ERROR');
        expect(broken.attributes['error.type']).toBe('RangeError');
        expect(broken.exceptions.length).toBe(1);
      },
    );
  } finally {
    instrumentation.disable();
  }
});

async function withApp(
  build: (app: FastifyInstance) => Promise<void>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const app = fastify({ forceCloseConnections: true });
  await build(app);
  app.get('/items/:id', async () => 'ok');
  app.get('/broken/:id', async () => {
    throw new RangeError('broken');
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  try {
    await use(url);
  } finally {
    await app.close();
  }
}
