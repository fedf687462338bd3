import assert from 'node:assert/strict';
import type { Scenario } from '../contract.ts';
import { open, responseTo, send, serve } from '../http-requests.ts';
import type { KitHandler, KitRoute, ServerSubject } from '../http-server-subject.ts';
import type { SpanRecorder } from '../span-recorder.ts';

class PaymentDeclined extends Error {
  override readonly name = 'PaymentDeclined';
}

class NotHere extends Error {
  override readonly name = 'NotHere';
  readonly status = 404;
  readonly statusCode = 404;
}

function route(handle: KitHandler): KitRoute[] {
  return [{ method: 'GET', path: '/work', handle }];
}

export const failureScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'an error that a handler throws makes the span an error, with the exception recorded once',
    run: (subject, recorder) =>
      serve(
        subject,
        route(() => {
          throw new PaymentDeclined('no funds');
        }),
        (url) => expectDeclined(url, recorder),
      ),
  },
  {
    title: 'an error that a handler rejects with later makes the span an error, with the exception recorded once',
    run: (subject, recorder) =>
      serve(
        subject,
        route(async () => {
          await new Promise((resolve) => setImmediate(resolve));
          throw new PaymentDeclined('no funds');
        }),
        (url) => expectDeclined(url, recorder),
      ),
  },
  {
    title: 'an error that the framework answers with 404 is recorded and leaves the status unset',
    run: (subject, recorder) =>
      serve(
        subject,
        route(() => {
          throw new NotHere('gone');
        }),
        async (url) => {
          const { status } = await send(`${url}/work`);
          assert.equal(status, 404);
          const span = await recorder.take('GET /work');
          assert.equal(span.status, 'UNSET');
          assert.equal(span.attributes['error.type'], undefined);
          assert.equal(span.exceptions.length, 1);
          assert.equal(span.exceptions[0]?.message, 'gone');
        },
      ),
  },
  ...[
    ['a string', 'boom', 'string', 'boom'],
    ['an object', { reason: 'boom' }, 'Error', undefined],
    ['a number', 42, 'number', '42'],
  ].map(
    ([what, thrown, type, message]): Scenario<ServerSubject> => ({
      title: `a handler may throw ${what}`,
      run: (subject, recorder) =>
        serve(
          subject,
          route(async () => {
            throw thrown;
          }),
          async (url) => {
            const { status } = await send(`${url}/work`);
            const span = await recorder.take('GET /work');
            assert.equal(span.attributes['http.response.status_code'], status);
            assert.equal(span.exceptions.length, 1);
            assert.equal(span.exceptions[0]?.type, type);
            if (message !== undefined) assert.equal(span.exceptions[0]?.message, message);
            if (status >= 500) assert.equal(span.attributes['error.type'], type);
          },
        ),
    }),
  ),
  {
    title: 'a 5xx that a handler answers with is an error of that type, without an exception',
    run: (subject, recorder) =>
      serve(
        subject,
        route(() => ({ status: 503, body: 'later' })),
        async (url) => {
          await send(`${url}/work`);
          const span = await recorder.take('GET /work');
          assert.equal(span.status, 'ERROR');
          assert.equal(span.attributes['error.type'], '503');
          assert.equal(span.attributes['http.response.status_code'], 503);
          assert.deepEqual(span.exceptions, []);
        },
      ),
  },
  {
    title: 'a 4xx that a handler answers with leaves the status unset',
    run: (subject, recorder) =>
      serve(
        subject,
        route(() => ({ status: 422, body: 'no' })),
        async (url) => {
          await send(`${url}/work`);
          const span = await recorder.take('GET /work');
          assert.equal(span.status, 'UNSET');
          assert.equal(span.attributes['error.type'], undefined);
        },
      ),
  },
  {
    title: 'the application decides which statuses are errors',
    run: (subject, recorder) =>
      serve(
        subject,
        route(({ request }) => ({ status: request.headers['x-status'] === '429' ? 429 : 503 })),
        async (url) => {
          await send(`${url}/work`, { headers: { 'x-status': '429' } });
          const limited = await recorder.take('GET /work');
          assert.equal(limited.status, 'ERROR');
          assert.equal(limited.attributes['error.type'], '429');
          await send(`${url}/work`);
          const unavailable = await recorder.take('GET /work');
          assert.equal(unavailable.status, 'UNSET');
        },
        { options: { isError: (statusCode) => statusCode === 429 } },
      ),
  },
  {
    title: 'a body that is no JSON is a 400 and no error',
    run: (subject, recorder) =>
      serve(subject, [{ method: 'POST', path: '/work', handle: () => ({ body: 'ok' }) }], async (url) => {
        const { status } = await send(`${url}/work`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"broken',
        });
        assert.equal(status, 400);
        const span = await recorder.take((candidate) => candidate.kind === 'SERVER');
        assert.equal(span.status, 'UNSET');
        assert.equal(span.attributes['http.response.status_code'], 400);
      }),
  },
  {
    title: 'an error that a middleware passes on is recorded once and leaves no route',
    run: (subject, recorder) =>
      serve(
        subject,
        route(() => ({ body: 'ok' })),
        async (url) => {
          assert.equal((await send(`${url}/nowhere`)).status, 500);
          const span = await recorder.take('GET');
          assert.equal(span.status, 'ERROR');
          assert.equal(span.attributes['error.type'], 'PaymentDeclined');
          assert.equal(span.exceptions.length, 1);
        },
        { middleware: [(_request, _response, next) => next(new PaymentDeclined('no funds'))] },
      ),
  },
  {
    title: 'an error after the headers were sent is recorded, with the status that was sent',
    run: (subject, recorder) =>
      serve(
        subject,
        route(async ({ response }) => {
          response.writeHead(200, { 'content-type': 'text/plain' });
          await new Promise((resolve) => response.write('first', resolve));
          setImmediate(() => response.destroy()); // not every framework does it in the handler's place
          throw new PaymentDeclined('no funds');
        }),
        async (url) => {
          const response = await responseTo(open(`${url}/work`));
          response.on('error', () => {}).resume();
          await new Promise((resolve) => response.on('close', resolve)); // broken off or ended, as the framework does it
          const span = await recorder.take('GET /work');
          assert.equal(span.attributes['http.response.status_code'], 200);
          assert.equal(span.attributes['error.type'], 'PaymentDeclined');
          assert.equal(span.status, 'ERROR');
          assert.equal(span.exceptions.length, 1);
        },
      ),
  },
  {
    title: 'a handler that fails after it has answered does not change what was answered',
    run: (subject, recorder) =>
      serve(
        subject,
        route(async ({ response }) => {
          response.end('ok');
          throw new PaymentDeclined('no funds');
        }),
        async (url) => {
          const { status, body } = await send(`${url}/work`);
          assert.deepEqual([status, body], [200, 'ok']);
          const span = await recorder.take('GET /work');
          assert.equal(span.status, 'UNSET');
          assert.equal(span.attributes['http.response.status_code'], 200);
          assert.equal(span.attributes['error.type'], undefined);
        },
      ),
  },
  {
    title: 'a handler that answers twice has one span, of the first answer',
    run: (subject, recorder) =>
      serve(
        subject,
        route(({ response }) => {
          response.end('first');
          response.writeHead(500);
          return undefined;
        }),
        async (url) => {
          assert.equal((await send(`${url}/work`)).body, 'first');
          const span = await recorder.take('GET /work');
          assert.equal(span.status, 'UNSET');
        },
      ),
  },
];

async function expectDeclined(url: string, recorder: SpanRecorder): Promise<void> {
  const { status } = await send(`${url}/work`);
  assert.equal(status, 500);
  const span = await recorder.take('GET /work');
  assert.equal(span.status, 'ERROR');
  assert.equal(span.attributes['error.type'], 'PaymentDeclined');
  assert.deepEqual(span.exceptions, [{ type: 'PaymentDeclined', message: 'no funds' }]);
}
