import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { tracing } from '@throughline/express';
import { recordSpans } from '@throughline/testkit';
import express from 'express';
import { expect, it } from 'vitest';

// A file of its own: what is patched stays patched, and every test file has a process of its own.
it('the SERVER span of @opentelemetry/instrumentation-http is enriched, and no second one is made', async () => {
  const recorder = await recordSpans();
  const instrumentation = new HttpInstrumentation();
  instrumentation.setTracerProvider(trace.getTracerProvider());
  createRequire(import.meta.url)('http'); // it patches when somebody asks for the module
  const app = express().use(tracing());
  app.set('env', 'test');
  app.use(
    '/api/:tenant',
    express.Router().get('/items/:id', (_request, response) => void response.send('ok')),
  );
  app.get('/broken/:id', () => {
    throw new RangeError('broken');
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await fetch(`${url}/api/acme/items/1`, { headers: { 'x-request-id': 'order-4711' } });
    const span = await recorder.take('GET /api/:tenant/items/:id');
    expect(span.kind).toBe('SERVER');
    expect(span.scope).toBe('@opentelemetry/instrumentation-http');
    expect(span.attributes['http.route']).toBe('/api/:tenant/items/:id');
    expect(span.attributes['throughline.request_id']).toBe('order-4711');
    expect((await fetch(`${url}/broken/1`)).status).toBe(500);
    const broken = await recorder.take('GET /broken/:id');
    expect(broken.attributes['error.type']).toBe('RangeError');
    expect(broken.exceptions.length).toBe(1);
    await (await fetch(`${url}/api/acme/nothing`)).text();
    const missing = await recorder.take((candidate) => candidate.kind === 'SERVER');
    expect(missing.name).toBe('GET');
    expect(missing.attributes['http.route']).toBeUndefined();
  } finally {
    instrumentation.disable();
    server.closeAllConnections();
    server.close();
  }
  recorder.assertEmpty();
  await recorder.stop();
});
