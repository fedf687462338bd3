import assert from 'node:assert/strict';
import type { Scenario } from '../contract.ts';
import type { ClientSubject } from '../http-client-subject.ts';
import { callTarget } from '../http-target.ts';
import type { SpanRecorder } from '../span-recorder.ts';
import { whenRead } from '../when-read.ts';

const MEGABYTE = 'x'.repeat(1024 * 1024);
const BODY_DELAY_MS = 200;
const UNREAD_LIMIT_MS = 30_000;
/** Less than a client waits for somebody to read a body, more than headers take on a busy machine. */
const HEADERS_MS = 4000;

/** What travels, how often, and how long the span lasts. */
export const clientBodyScenarios: readonly Scenario<ClientSubject>[] = [
  {
    title: 'a body of a megabyte goes both ways intact',
    run: (subject, recorder) =>
      callTarget(
        subject,
        (request, response) => {
          response.writeHead(200, { 'content-type': 'text/plain', 'x-answer': 'yes' });
          request.pipe(response);
        },
        async (client, { url }) => {
          const headers = { 'content-type': 'text/plain' };
          const response = await client.request('POST', url, { headers, body: MEGABYTE });
          assert.equal(response.status, 200);
          assert.equal(response.header('x-answer'), 'yes');
          assert.ok(response.body === MEGABYTE, 'the body that came back is not the one that was sent');
          await recorder.take('POST');
        },
      ),
  },
  {
    title: 'the span lasts until the body is complete, and says when the headers came',
    run: (subject, recorder) =>
      callTarget(
        subject,
        (_request, response) => {
          response.write(
            'first',
            () => void whenRead().then(() => setTimeout(() => response.end('last'), BODY_DELAY_MS)),
          );
        },
        async (client, { url }) => {
          assert.equal((await client.request('GET', url)).body, 'firstlast');
          const span = await recorder.take('GET');
          assert.ok(span.durationMs > BODY_DELAY_MS - 10, `the span lasted ${span.durationMs} ms`);
          const firstByte = span.attributes['throughline.time_to_first_byte_ms'];
          assert.ok(typeof firstByte === 'number', 'the span does not say when the headers came');
          assert.ok(firstByte > 0 && firstByte < span.durationMs - BODY_DELAY_MS / 2, `headers after ${firstByte} ms`);
        },
      ),
  },
  {
    title: 'the span of a response whose small body nobody reads ends',
    run: (subject, recorder) => expectUnread(subject, recorder, 'small'),
  },
  {
    title: 'the span of a response whose large body nobody reads ends, as of its headers',
    run: (subject, recorder) => expectUnread(subject, recorder, MEGABYTE.repeat(8)),
  },
  {
    title: 'a redirect is part of the call, and counted',
    run: (subject, recorder) =>
      callTarget(
        subject,
        (request, response) => {
          const hops = Number(request.url?.slice(1));
          if (hops === 0) response.end('there');
          else response.writeHead(302, { location: `/${hops - 1}` }).end();
        },
        async (client, { url, requests }) => {
          assert.equal((await client.request('GET', `${url}/2`)).body, 'there');
          const span = await recorder.take('GET');
          assert.equal(span.status, 'UNSET');
          assert.equal(span.attributes['http.request.resend_count'], 2);
          assert.equal(span.attributes['http.response.status_code'], 200);
          assert.equal(span.attributes['url.full'], `${url}/2`);
          assert.deepEqual(
            requests.map((request) => request.headersDistinct.traceparent),
            Array(3).fill([`00-${span.traceId}-${span.spanId}-01`]),
          );
        },
      ),
  },
];

function expectUnread(subject: ClientSubject, recorder: SpanRecorder, body: string): Promise<void> {
  return callTarget(
    subject,
    (_request, response) => {
      response.end(body);
    },
    async (client, { url }) => {
      // Held, so that it is not the garbage collector which ends the span.
      const response = await client.requestUnread(url);
      const span = await recorder.take('GET', UNREAD_LIMIT_MS);
      assert.ok(response !== undefined);
      assert.equal(span.status, 'UNSET');
      assert.ok(span.durationMs < HEADERS_MS, `the span lasted ${span.durationMs} ms`);
    },
  );
}
