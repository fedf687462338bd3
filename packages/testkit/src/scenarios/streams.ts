import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../contract.ts';
import { open, responseTo, send, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';

const STREAM_MS = 60;

function stream(contentType: string): KitRoute {
  return {
    method: 'GET',
    path: '/stream',
    handle({ response }) {
      response.writeHead(200, { 'content-type': contentType });
      response.write('data: 1\n\n');
      void delay(STREAM_MS).then(() => response.end('data: 2\n\n'));
      return undefined;
    },
  };
}

export const streamScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'the span of a stream lasts until its last byte and knows the time to its first',
    run: (subject, recorder) =>
      serve(subject, [stream('text/plain')], async (url) => {
        const { body } = await send(`${url}/stream`);
        assert.equal(body, 'data: 1\n\ndata: 2\n\n');
        const span = await recorder.take('GET /stream');
        const firstByte = span.attributes['throughline.time_to_first_byte_ms'] as number;
        assert.ok(span.durationMs >= STREAM_MS - 5, `${span.durationMs} ms`);
        assert.ok(
          firstByte >= 0 && firstByte <= span.durationMs - STREAM_MS + 10,
          `${firstByte} of ${span.durationMs} ms`,
        );
        assert.equal(span.status, 'UNSET');
        assert.equal(span.attributes['error.type'], undefined);
        assert.equal(span.attributes['throughline.long_lived'], undefined);
      }),
  },
  {
    title: 'a stream of server-sent events is marked as long-lived',
    run: (subject, recorder) =>
      serve(subject, [stream('text/event-stream; charset=utf-8')], async (url) => {
        await send(`${url}/stream`);
        const span = await recorder.take('GET /stream');
        assert.equal(span.attributes['throughline.long_lived'], 'sse');
      }),
  },
  {
    title: 'a client that leaves a stream of server-sent events is no error',
    run: (subject, recorder) =>
      serve(subject, [endless('text/event-stream')], async (url) => {
        const request = open(`${url}/stream`);
        const response = await responseTo(request);
        response.on('error', () => {});
        await once(response, 'data');
        request.destroy();
        const span = await recorder.take('GET /stream');
        assert.equal(span.attributes['http.response.status_code'], 200);
        assert.equal(span.attributes['throughline.long_lived'], 'sse');
        assert.equal(span.attributes['error.type'], undefined);
        assert.equal(span.status, 'UNSET');
      }),
  },
  {
    title: 'a stream of server-sent events that the server breaks off is an error',
    run: (subject, recorder) =>
      serve(subject, [endless('text/event-stream', (response) => response.destroy())], async (url) => {
        const response = await responseTo(open(`${url}/stream`));
        response.resume();
        await once(response, 'error');
        const span = await recorder.take('GET /stream');
        assert.equal(span.attributes['error.type'], 'server_aborted');
        assert.equal(span.status, 'ERROR');
      }),
  },
];

function endless(contentType: string, afterFirst: (response: ServerResponse) => void = () => {}): KitRoute {
  return {
    method: 'GET',
    path: '/stream',
    handle({ response }) {
      response.writeHead(200, { 'content-type': contentType });
      response.write('data: 1\n\n', () => afterFirst(response));
      return undefined;
    },
  };
}
