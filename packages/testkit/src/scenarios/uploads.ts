import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as clientRequest } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { context, trace } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import { openSocket, rawRequest, responseTo, send, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';

const CHUNK = Buffer.alloc(64 * 1024, 'x');
const CHUNKS = 64;

const activeTrace = (): string => trace.getSpanContext(context.active())?.traceId ?? 'none';

export const uploadScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'a large upload that is read slowly arrives whole, in the context of its exchange',
    run(subject, recorder) {
      const seen = new Set<string>();
      const upload: KitRoute = {
        method: 'POST',
        path: '/upload',
        async handle({ request }) {
          let bytes = 0;
          for await (const chunk of request) {
            if (bytes === 0) await delay(5); // lets the sender run into its limit
            bytes += chunk.length;
            seen.add(activeTrace());
          }
          return { body: String(bytes) };
        },
      };
      return serve(subject, [upload], async (url) => {
        const headers = { 'content-type': 'application/octet-stream' };
        const request = clientRequest(`${url}/upload`, { method: 'POST', headers, agent: new Agent() });
        const responded = responseTo(request);
        await pipeline(
          Array.from({ length: CHUNKS }, () => CHUNK),
          request,
        );
        const response = await responded;
        let body = '';
        for await (const chunk of response) body += chunk;
        assert.equal(body, String(CHUNK.length * CHUNKS));
        const span = await recorder.take('POST /upload');
        assert.deepEqual([...seen], [span.traceId]);
        assert.equal(span.status, 'UNSET');
      });
    },
  },
  {
    title: 'listeners of the body run in the context of the exchange',
    run(subject, recorder) {
      const seen: Record<string, string> = {};
      const upload: KitRoute = {
        method: 'POST',
        path: '/upload',
        handle({ request, response }) {
          request.on('data', () => {
            seen.data = activeTrace();
          });
          request.on('end', () => {
            seen.end = activeTrace();
            response.end('ok');
          });
          return undefined;
        },
      };
      return serve(subject, [upload], async (url) => {
        const socket = openSocket(url);
        const headers = ['Content-Type: application/octet-stream', 'Content-Length: 6', 'Connection: close'];
        socket.write(rawRequest('POST /upload', headers, 'abc'));
        await delay(5); // the rest is an event of its own on the socket
        socket.write('def');
        socket.resume();
        const { traceId } = await recorder.take('POST /upload');
        assert.deepEqual(seen, { data: traceId, end: traceId });
        socket.destroy();
      });
    },
  },
  ...[
    ['a body that the framework reads', 'application/json'],
    ['a body that the handler reads', 'application/octet-stream'],
  ].map(
    ([what, type]): Scenario<ServerSubject> => ({
      title: `a client that leaves in the middle of ${what} ends the span, without a status code`,
      run(subject, recorder) {
        const upload: KitRoute = {
          method: 'POST',
          path: '/upload',
          async handle({ request }) {
            for await (const _chunk of request);
            return { body: 'complete' };
          },
        };
        return serve(
          subject,
          [upload, { method: 'GET', path: '/work', handle: () => ({ body: 'ok' }) }],
          async (url) => {
            const socket = openSocket(url);
            socket.write(rawRequest('POST /upload', [`Content-Type: ${type}`, 'Content-Length: 1000'], '{"first":'));
            await once(socket, 'connect');
            await delay(20); // no event tells the sender that the server has seen the request
            socket.destroy();
            const span = await recorder.take((candidate) => candidate.kind === 'SERVER');
            assert.equal(span.attributes['error.type'], 'client_aborted');
            assert.equal(span.attributes['http.response.status_code'], undefined);
            assert.equal(span.status, 'ERROR');
            assert.equal((await send(`${url}/work`)).status, 200);
            await recorder.take('GET /work');
          },
        );
      },
    }),
  ),
];
