import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { context, propagation, trace } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import { send, serve } from '../http-requests.ts';
import type { KitMiddleware, KitRoute, ServerSubject } from '../http-server-subject.ts';

const WAVE = 200;

const activeTrace = (): string => trace.getSpanContext(context.active())?.traceId ?? 'none';

const setsBaggage: KitMiddleware = (_request, _response, next) => {
  const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
  context.with(propagation.setBaggage(context.active(), baggage), next);
};

const tenantOf = (): string => propagation.getActiveBaggage()?.getEntry('tenant')?.value ?? 'none';
const json = { 'content-type': 'application/json' };

export const contextScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'the span is active in middleware and handlers, and after every await',
    run(subject, recorder) {
      const seen: string[] = [];
      const route: KitRoute = {
        method: 'GET',
        path: '/work',
        async handle() {
          seen.push(activeTrace());
          await delay(1);
          seen.push(activeTrace());
          await new Promise((resolve) => process.nextTick(resolve));
          seen.push(activeTrace());
          return { body: 'ok' };
        },
      };
      return serve(
        subject,
        [route],
        async (url) => {
          await send(`${url}/work`);
          const { traceId } = await recorder.take('GET /work');
          assert.deepEqual(seen, [traceId, traceId, traceId, traceId]);
        },
        {
          middleware: [
            (_request, _response, next) => {
              seen.push(activeTrace());
              next();
            },
          ],
        },
      );
    },
  },
  {
    title: 'the span is active after the body was read',
    run: (subject, recorder) =>
      serve(
        subject,
        [{ method: 'POST', path: '/work', handle: ({ body }) => ({ body: JSON.stringify([body, activeTrace()]) }) }],
        async (url) => {
          const sent = { text: 'x'.repeat(60_000) };
          const { body } = await send(`${url}/work`, { method: 'POST', headers: json, body: JSON.stringify(sent) });
          const { traceId } = await recorder.take('POST /work');
          assert.deepEqual(JSON.parse(body), [sent, traceId]);
        },
      ),
  },
  {
    title: 'baggage that a middleware sets reaches handlers, also after the body was read',
    run: (subject, recorder) =>
      serve(
        subject,
        [
          { method: 'GET', path: '/work', handle: () => ({ body: tenantOf() }) },
          { method: 'POST', path: '/work', handle: () => ({ body: tenantOf() }) },
        ],
        async (url) => {
          assert.equal((await send(`${url}/work`)).body, 'acme');
          assert.equal((await send(`${url}/work`, { method: 'POST', headers: json, body: '{"a":1}' })).body, 'acme');
          await recorder.take('GET /work');
          await recorder.take('POST /work');
        },
        { middleware: [setsBaggage] },
      ),
  },
  {
    title: 'concurrent requests never see each other',
    run: (subject, recorder) =>
      serve(
        subject,
        [
          {
            method: 'GET',
            path: '/work/:n',
            async handle({ request }) {
              const before = activeTrace();
              await delay(Number(request.url?.slice(6)) % 7);
              return { body: `${before} ${activeTrace()}` };
            },
          },
        ],
        async (url) => {
          const ids = Array.from({ length: 60 }, (_, n) => n.toString(16).padStart(32, 'a'));
          const bodies = await Promise.all(
            ids.map(async (id, n) => {
              const headers = { traceparent: `00-${id}-b7ad6b7169203331-01` };
              return (await send(`${url}/work/${n}`, { headers })).body;
            }),
          );
          assert.deepEqual(
            bodies,
            ids.map((id) => `${id} ${id}`),
          );
          for (const id of ids) await recorder.take((span) => span.traceId === id);
        },
      ),
  },
  {
    title: 'a thousand requests at once never mix their traces, their baggage and their correlation IDs',
    run(subject, recorder) {
      let inside = 0;
      let wave = (): void => {};
      let release = (): void => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const gathered: KitRoute = {
        method: 'GET',
        path: '/work',
        async handle() {
          inside += 1;
          if (inside % WAVE === 0) wave();
          await released; // all of them are in here before the first one leaves
          await delay(inside % 3);
          return { body: `${activeTrace()} ${tenantOf()}` };
        },
      };
      return serve(subject, [gathered], async (url) => {
        const expected: string[] = [];
        const bodies: Promise<string>[] = [];
        for (let n = 0; n < 1000; n += 1) {
          const id = n.toString(16).padStart(32, 'b');
          expected.push(`${id} tenant-${n} order-${n}`);
          const headers = {
            traceparent: `00-${id}-b7ad6b7169203331-01`,
            baggage: `tenant=tenant-${n}`,
            'x-request-id': `order-${n}`,
          };
          const answer = send(`${url}/work`, { headers });
          bodies.push(answer.then((got) => `${got.body} ${got.headers['x-request-id']}`));
          // The queue of connections to accept is short: they come in waves.
          if (n % WAVE === WAVE - 1) await new Promise<void>((resolve) => (wave = resolve));
        }
        release();
        assert.deepEqual(await Promise.all(bodies), expected);
        for (const line of expected) {
          const [traceId, , requestId] = line.split(' ');
          const span = await recorder.take((candidate) => candidate.traceId === traceId);
          assert.equal(span.attributes['throughline.request_id'], requestId);
        }
      });
    },
  },
  {
    title: 'a request leaves nothing behind on its connection',
    run: (subject, recorder) =>
      serve(subject, [{ method: 'GET', path: '/work', handle: () => ({ body: activeTrace() }) }], async (url) => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        try {
          const first = await send(`${url}/work`, { agent });
          const second = await send(`${url}/work`, { agent });
          const spans = [await recorder.take('GET /work'), await recorder.take('GET /work')];
          assert.deepEqual([first.body, second.body].sort(), spans.map((span) => span.traceId).sort());
          assert.notEqual(first.body, second.body);
          assert.deepEqual(
            spans.map((span) => span.parentSpanId),
            [undefined, undefined],
          );
        } finally {
          agent.destroy();
        }
      }),
  },
  {
    title: 'listeners of the request and the response run in the context of the exchange, also when it is over',
    run(subject, recorder) {
      const seen: Record<string, string> = {};
      let closed = (): void => {};
      const close = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const route: KitRoute = {
        method: 'GET',
        path: '/work',
        handle({ response }) {
          response.on('finish', () => {
            seen.finish = activeTrace();
          });
          response.on('close', () => {
            seen.close = activeTrace();
            closed();
          });
          return { body: 'ok' };
        },
      };
      return serve(subject, [route], async (url) => {
        await send(`${url}/work`);
        await close;
        const { traceId } = await recorder.take('GET /work');
        assert.deepEqual(seen, { finish: traceId, close: traceId });
      });
    },
  },
  {
    title: 'spans made in a handler are children of the request',
    run: (subject, recorder) =>
      serve(
        subject,
        [
          {
            method: 'GET',
            path: '/work',
            async handle() {
              await delay(1);
              trace.getTracer('kit').startSpan('own work').end();
              return { body: 'ok' };
            },
          },
        ],
        async (url) => {
          await send(`${url}/work`);
          const server = await recorder.take('GET /work');
          const child = await recorder.take('own work');
          assert.equal(child.parentSpanId, server.spanId);
        },
      ),
  },
];
