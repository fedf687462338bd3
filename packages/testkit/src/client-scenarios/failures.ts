import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { Span } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import type { ClientSubject } from '../http-client-subject.ts';
import { type Answer, answerOk, callTarget, rejectionOf } from '../http-target.ts';
import type { RecordedSpan, SpanRecorder } from '../span-recorder.ts';
import { unusedUrl } from '../unused-url.ts';
import { whenRead } from '../when-read.ts';

/** How calls that fail, or are given up, appear. */
export const clientFailureScenarios: readonly Scenario<ClientSubject>[] = [
  ...[404, 503].map(
    (status): Scenario<ClientSubject> => ({
      title: `a ${status} is an error of that type, without an exception`,
      run: (subject, recorder) =>
        callTarget(subject, answerWith(status), async (client, { url }) => {
          const response = await client.request('GET', url);
          assert.equal(response.status, status);
          assert.equal(response.body, 'no');
          const span = await recorder.take('GET');
          assert.equal(span.status, 'ERROR');
          assert.equal(span.attributes['error.type'], String(status));
          assert.equal(span.attributes['http.response.status_code'], status);
          assert.deepEqual(span.exceptions, []);
        }),
    }),
  ),
  {
    title: 'the application decides which statuses are errors',
    run: (subject, recorder) =>
      callTarget(
        subject,
        (request, response) => answerWith(Number(request.url?.slice(1)))(request, response),
        async (client, { url }) => {
          await client.request('GET', `${url}/404`);
          assert.equal((await recorder.take('GET')).status, 'UNSET');
          await client.request('GET', `${url}/202`);
          const accepted = await recorder.take('GET');
          assert.equal(accepted.status, 'ERROR');
          assert.equal(accepted.attributes['error.type'], '202');
        },
        { isError: (statusCode) => statusCode === 202 },
      ),
  },
  {
    title: 'a refused connection is an error of type ECONNREFUSED, recorded once',
    run: (subject, recorder) =>
      callTarget(subject, answerOk, async (client) => {
        const thrown = await rejectionOf(client.request('GET', await unusedUrl()));
        assert.ok(thrown instanceof Error);
        const span = await recorder.take('GET');
        assert.equal(span.status, 'ERROR');
        assert.equal(span.attributes['error.type'], 'ECONNREFUSED');
        assert.equal(span.attributes['http.response.status_code'], undefined);
        assert.equal(span.exceptions.length, 1);
        assert.equal(span.exceptions[0]?.message, thrown.message);
      }),
  },
  ...[
    { how: 'breaks', headers: { 'content-length': 100 }, leave: (socket: Socket) => socket.resetAndDestroy() },
    // Whoever says no length ends a body by a last chunk, and not by leaving.
    { how: 'ends', headers: {}, leave: (socket: Socket) => socket.destroy() },
  ].map(
    ({ how, headers, leave }): Scenario<ClientSubject> => ({
      title: `a connection that ${how} within the body is an error, besides the status`,
      run: (subject, recorder) =>
        callTarget(
          subject,
          (_request, response) => {
            response.writeHead(200, headers);
            response.write('some', () => void whenRead().then(() => leave(response.socket as Socket)));
          },
          async (client, { url }) => {
            assert.ok((await rejectionOf(client.request('GET', url))) instanceof Error);
            const span = await recorder.take('GET');
            assert.equal(span.status, 'ERROR');
            assert.equal(span.attributes['http.response.status_code'], 200);
            assert.match(String(span.attributes['error.type']), /^[A-Za-z]/);
            assert.equal(span.exceptions.length, 1);
          },
        ),
    }),
  ),
  {
    title: 'a call given up before it starts is marked, and no error',
    run: (subject, recorder) =>
      callTarget(subject, answerOk, async (client, { url }) => {
        await rejectionOf(client.request('GET', url, { signal: AbortSignal.abort() }));
        // A client may notice it before it comes to the tracing at all.
        for (const span of recorder.finished().slice()) {
          assert.equal(span.status, 'UNSET');
          assert.equal(span.attributes['throughline.cancelled'], true);
          await recorder.take('GET');
        }
      }),
  },
  ...[undefined, new Error('changed my mind')].map(
    (reason): Scenario<ClientSubject> => ({
      title: `a call given up before the headers${reason === undefined ? '' : ', with a reason,'} is marked, and no error`,
      run: async (subject, recorder) => {
        await expectGivenUp(subject, recorder, reason, (_request, _response, abort) => abort());
      },
    }),
  ),
  {
    title: 'a call given up within the body is marked, and no error, with its status',
    run: async (subject, recorder) => {
      const span = await expectGivenUp(subject, recorder, undefined, (_request, response, abort) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('some', () => void whenRead().then(abort));
      });
      assert.equal(span.attributes['http.response.status_code'], 200);
    },
  },
  {
    title: 'a timeout before the headers is an error',
    run: (subject, recorder) => expectTimeout(subject, recorder, () => {}),
  },
  {
    title: 'a timeout within the body is an error',
    run: (subject, recorder) =>
      expectTimeout(subject, recorder, (_request, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('some');
      }),
  },
  {
    title: 'every span that starts ends, once, whatever becomes of the call',
    run: async (subject, recorder) => {
      const open = new Map<string, number>();
      const count = (span: Span, by: number): void => {
        const { spanId } = span.spanContext();
        open.set(spanId, (open.get(spanId) ?? 0) + by);
      };
      await callTarget(
        subject,
        (request, response) => {
          if (request.url === '/reset') response.socket?.resetAndDestroy();
          else if (request.url !== '/hang') answerWith(Number(request.url?.slice(1)))(request, response);
        },
        async (client, { url }) => {
          const paths = ['/200', '/204', '/404', '/500', '/reset', '/hang'];
          const calls = paths.map((path) =>
            client.request('GET', url + path, path === '/hang' ? { signal: AbortSignal.timeout(100) } : {}),
          );
          await Promise.allSettled([...calls, client.request('HEAD', `${url}/200`)]);
          for (const _ of paths) await recorder.take('GET');
          await recorder.take('HEAD');
          assert.deepEqual([...open.values()], [0, 0, 0, 0, 0, 0, 0]);
        },
        { onStart: (span) => count(span, 1), onEnd: (span) => count(span, -1) },
      );
    },
  },
];

async function expectGivenUp(
  subject: ClientSubject,
  recorder: SpanRecorder,
  reason: Error | undefined,
  answer: (...args: [...Parameters<Answer>, abort: () => void]) => void,
): Promise<RecordedSpan> {
  const controller = new AbortController();
  let span: RecordedSpan | undefined;
  await callTarget(
    subject,
    (request, response) => answer(request, response, () => controller.abort(reason)),
    async (client, { url }) => {
      await rejectionOf(client.request('GET', url, { signal: controller.signal }));
      span = await recorder.take('GET');
      assert.equal(span.status, 'UNSET');
      assert.equal(span.attributes['error.type'], undefined);
      assert.equal(span.attributes['throughline.cancelled'], true);
      assert.deepEqual(span.exceptions, []);
    },
  );
  return span as RecordedSpan;
}

function expectTimeout(subject: ClientSubject, recorder: SpanRecorder, answer: Answer): Promise<void> {
  return callTarget(subject, answer, async (client, { url }) => {
    await rejectionOf(client.request('GET', url, { signal: AbortSignal.timeout(100) }));
    const span = await recorder.take('GET');
    assert.equal(span.status, 'ERROR');
    assert.equal(span.attributes['error.type'], 'TimeoutError');
    assert.equal(span.attributes['throughline.cancelled'], undefined);
    assert.equal(span.exceptions.length, 1);
  });
}

function answerWith(status: number): Answer {
  return (_request, response) => {
    response.writeHead(status).end('no');
  };
}
