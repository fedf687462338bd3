import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { context } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import { open, rawRequest, responseTo, send, sendRaw, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';
import { measureExchanges } from '../measurements.ts';

const WORK_MS = 40;

const work: KitRoute = {
  method: 'POST',
  path: '/items/:id',
  async handle() {
    await delay(WORK_MS);
    return { status: 201, headers: { 'content-length': '5' }, body: 'fives' };
  },
};
const ok: KitRoute = { method: 'GET', path: '/items/:id', handle: () => ({ body: 'ok' }) };

const fail: KitRoute = {
  method: 'GET',
  path: '/fail',
  handle() {
    throw new RangeError('thrown on purpose');
  },
};

export const measurementScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'an exchange is measured once, by route, with its status, duration and sizes',
    run: (subject, recorder) =>
      measureExchanges((measurements) =>
        serve(subject, [work], async (url) => {
          const headers = { 'content-type': 'application/json' };
          await send(`${url}/items/1`, { method: 'POST', headers, body: '{"a":1}' });
          const span = await recorder.take('POST /items/:id');
          const measured = await measurements.take();
          assert.equal(measured.method, 'POST');
          assert.equal(measured.scheme, 'http');
          assert.equal(measured.route, '/items/:id');
          assert.equal(measured.statusCode, 201);
          assert.equal(measured.errorType, undefined);
          assert.equal(measured.longLived, undefined);
          assert.equal(measured.requestBodySize, 7);
          assert.equal(measured.responseBodySize, 5);
          const { durationMs } = measured;
          assert.ok(durationMs >= WORK_MS - 5 && Math.abs(durationMs - span.durationMs) < 500, `${durationMs} ms`);
          assert.equal(measured.span.spanContext().spanId, span.spanId);
          assert.equal(measurements.started, 1);
        }),
      ),
  },
  {
    title: 'a request that is ignored is measured like any other',
    run: (subject) =>
      measureExchanges((measurements) =>
        serve(
          subject,
          [ok],
          async (url) => {
            await send(`${url}/items/1`);
            const measured = await measurements.take();
            assert.equal(measured.route, '/items/:id');
            assert.equal(measured.statusCode, 200);
            assert.equal(measured.errorType, undefined);
          },
          { options: { ignore: () => true } },
        ),
      ),
  },
  {
    title: 'paths that no route answers are measured without one, and unknown methods as `_OTHER`',
    run: (subject, recorder) =>
      measureExchanges((measurements) =>
        serve(subject, [ok], async (url) => {
          await send(`${url}/nothing/here`);
          await recorder.take('GET');
          const unrouted = await measurements.take();
          assert.equal(unrouted.route, undefined);
          assert.equal(unrouted.statusCode, 404);
          assert.equal(unrouted.errorType, undefined);
          await sendRaw(url, rawRequest('PROPFIND /nothing', ['Connection: close']));
          await recorder.take('HTTP');
          const other = await measurements.take();
          assert.equal(other.method, '_OTHER');
          assert.equal(other.route, undefined);
        }),
      ),
  },
  {
    title: 'an exchange that failed is measured with the type of what was thrown, also when nobody traces it',
    async run(subject, recorder) {
      for (const ignored of [false, true]) {
        await measureExchanges((measurements) =>
          serve(
            subject,
            [fail],
            async (url) => {
              await send(`${url}/fail`);
              const measured = await measurements.take();
              assert.equal(measured.route, '/fail');
              assert.equal(measured.statusCode, 500);
              assert.equal(measured.errorType, 'RangeError');
              if (!ignored) await recorder.take('GET /fail');
            },
            { options: { ignore: () => ignored } },
          ),
        );
      }
    },
  },
  {
    title: 'without a context manager, an exchange that failed is measured with the type of what was thrown',
    run(subject, recorder) {
      context.disable(); // the recorder's
      return measureExchanges((measurements) =>
        serve(subject, [fail], async (url) => {
          await send(`${url}/fail`);
          const measured = await measurements.take();
          assert.equal(measured.statusCode, 500);
          assert.equal(measured.errorType, 'RangeError');
          await recorder.take((span) => span.attributes['error.type'] === 'RangeError'); // without a route on bare node:http
        }),
      );
    },
  },
  {
    title: 'a client that leaves is measured as such, without a status',
    run(subject, recorder) {
      let enter = (): void => {};
      const entered = new Promise<void>((resolve) => {
        enter = resolve;
      });
      const hang: KitRoute = {
        method: 'GET',
        path: '/hang',
        handle() {
          enter();
          return undefined;
        },
      };
      return measureExchanges((measurements) =>
        serve(subject, [hang], async (url) => {
          const request = open(`${url}/hang`);
          await entered;
          request.destroy();
          await recorder.take('GET /hang');
          const measured = await measurements.take();
          assert.equal(measured.route, '/hang');
          assert.equal(measured.statusCode, undefined);
          assert.equal(measured.errorType, 'client_aborted');
          assert.equal(measured.responseBodySize, undefined);
        }),
      );
    },
  },
  {
    title: 'a stream of server-sent events is measured as long-lived, also when its client leaves',
    run: (subject, recorder) =>
      measureExchanges((measurements) =>
        serve(subject, [stream('text/event-stream')], async (url) => {
          const request = open(`${url}/stream`);
          const response = await responseTo(request);
          response.on('error', () => {});
          await once(response, 'data');
          request.destroy();
          await recorder.take('GET /stream');
          const measured = await measurements.take();
          assert.equal(measured.longLived, 'sse');
          assert.equal(measured.statusCode, 200);
          assert.equal(measured.errorType, undefined);
        }),
      ),
  },
  {
    title: 'a stream of another type is measured to its last byte',
    run: (subject, recorder) =>
      measureExchanges((measurements) =>
        serve(subject, [stream('text/plain', WORK_MS)], async (url) => {
          await send(`${url}/stream`);
          await recorder.take('GET /stream');
          const measured = await measurements.take();
          assert.equal(measured.longLived, undefined);
          assert.ok(measured.durationMs >= WORK_MS - 5, `${measured.durationMs} ms`);
          assert.equal(measured.errorType, undefined);
        }),
      ),
  },
];

function stream(contentType: string, endAfterMs?: number): KitRoute {
  return {
    method: 'GET',
    path: '/stream',
    handle({ response }) {
      response.writeHead(200, { 'content-type': contentType });
      response.write('data: 1\n\n');
      if (endAfterMs !== undefined) void delay(endAfterMs).then(() => response.end());
      return undefined;
    },
  };
}
