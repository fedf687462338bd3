import assert from 'node:assert/strict';
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import { send, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';

const work: KitRoute = { method: 'GET', path: '/work', handle: () => ({ body: 'ok' }) };

export const neighbourScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'an adapter that is installed twice makes one span',
    run: (subject, recorder) =>
      serve(
        subject,
        [work],
        async (url) => {
          const { status, body } = await send(`${url}/work`);
          assert.deepEqual([status, body], [200, 'ok']);
          await recorder.take('GET /work');
        },
        { installations: 2 },
      ),
  },
  {
    title: 'a SERVER span that an instrumentation has made is enriched, and no second one is made',
    async run(subject, recorder) {
      const restore = instrumentServers();
      try {
        await serve(
          subject,
          [
            work,
            {
              method: 'GET',
              path: '/broken/:id',
              handle() {
                throw new Error('broken');
              },
            },
          ],
          async (url) => {
            await send(`${url}/work`);
            const span = await recorder.take('GET /work');
            assert.equal(span.scope, 'instrumentation');
            assert.equal(span.attributes['http.route'], '/work');
            assert.match(String(span.attributes['throughline.request_id']), /^[0-9a-f]{32}$/);
            await send(`${url}/broken/7`);
            const broken = await recorder.take('GET /broken/:id');
            assert.equal(broken.scope, 'instrumentation');
            assert.equal(broken.exceptions.length, 1);
          },
        );
      } finally {
        restore();
      }
    },
  },
  {
    title: 'an ignored request makes no span, nor do its children, and everything else works',
    run: (subject, recorder) =>
      serve(
        subject,
        [
          { ...work, path: '/health' },
          {
            method: 'GET',
            path: '/work',
            handle() {
              trace.getTracer('kit').startSpan('child').end();
              const headers: Record<string, string> = {};
              propagation.inject(context.active(), headers);
              const flags = trace.getSpanContext(context.active())?.traceFlags;
              return { body: JSON.stringify({ ...headers, flags }) };
            },
          },
        ],
        async (url) => {
          const ignored = await send(`${url}/work?ignore`, { headers: { 'x-request-id': 'order-1' } });
          assert.equal(ignored.status, 200);
          assert.equal(ignored.headers['x-request-id'], 'order-1');
          assert.equal(JSON.parse(ignored.body).traceparent?.endsWith('-01') ?? false, false);
          assert.equal(JSON.parse(ignored.body).flags, 0);
          assert.equal((await send(`${url}/nothing?ignore`)).status, 404);
          await send(`${url}/health`);
          await recorder.take('GET /health');
        },
        { options: { ignore: (request: IncomingMessage) => request.url?.endsWith('?ignore') === true } },
      ),
  },
  {
    title: 'without an SDK everything works and nothing is recorded',
    run: async (subject, recorder) => {
      await recorder.stop();
      await serve(
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
          const { status, body, headers } = await send(`${url}/work`, { headers: { 'x-request-id': 'order-1' } });
          assert.deepEqual([status, body, headers['x-request-id']], [200, 'ok', 'order-1']);
          assert.equal((await send(`${url}/broken`)).status, 500);
        },
      );
    },
  },
  {
    title: 'a tracer that fails costs the span and not the request',
    run: (subject) =>
      serve(
        subject,
        [work],
        async (url) => {
          const { status, body } = await send(`${url}/work`);
          assert.deepEqual([status, body], [200, 'ok']);
        },
        { options: { tracerProvider: { getTracer: () => ({ startSpan: fail, startActiveSpan: fail }) } } },
      ),
  },
  {
    title: 'a span processor that fails at the end of a span does not harm the process',
    run: (subject) =>
      serve(
        subject,
        [work],
        async (url) => {
          for (let n = 0; n < 2; n += 1) assert.equal((await send(`${url}/work`)).status, 200);
        },
        {
          options: {
            onStart(span) {
              span.end = fail;
            },
          },
        },
      ),
  },
];

function fail(): never {
  throw new Error('an SDK is broken');
}

// What instrumentations of `node:http` do: a span around the emission of "request", ended with the response.
function instrumentServers(): () => void {
  const prototype = Server.prototype as { emit(event: string, ...args: unknown[]): boolean };
  const { emit } = prototype;
  prototype.emit = function emitTraced(this: Server, event, ...args) {
    if (event !== 'request') return emit.call(this, event, ...args);
    const [request, response] = args as [IncomingMessage, ServerResponse];
    const attributes = { 'url.path': request.url?.split('?')[0] ?? '' };
    const span = trace.getTracer('instrumentation').startSpan('GET', { kind: SpanKind.SERVER, attributes });
    response.on('close', () => span.end());
    return context.with(trace.setSpan(context.active(), span), () => emit.call(this, event, ...args));
  };
  return () => {
    prototype.emit = emit;
  };
}
