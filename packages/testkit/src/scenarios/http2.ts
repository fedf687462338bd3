import assert from 'node:assert/strict';
import { context, trace } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import { serve } from '../http-requests.ts';
import type { KitExchange, KitRoute, ServerSubject } from '../http-server-subject.ts';
import { PEER_HEADER, PEER_PROOF, withKeepSignals } from '../keep-signals.ts';
import { http2AbortScenarios } from './http2-aborts.ts';
import { request, withSession } from './http2-session.ts';

const KEPT_ID = '0af7651916cd43dd8448eb211c80319c';

const item: KitRoute = {
  method: 'GET',
  path: '/items/:id',
  handle: () => ({ body: trace.getSpanContext(context.active())?.traceId ?? 'none' }),
};

/** What a server adapter must do over HTTP/2, where its framework offers that. The subject serves it without TLS. */
export const http2Scenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'a request over HTTP/2 has the same span as one over HTTP/1.1',
    run: (subject, recorder) =>
      serve(subject, [item], (url) =>
        withSession(url, async (session) => {
          const { status, headers, body } = await request(session, '/items/4711?color=red', {
            traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
            'x-request-id': 'order-4711',
          });
          assert.deepEqual([status, headers['x-request-id']], [200, 'order-4711']);
          const span = await recorder.take('GET /items/:id');
          assert.equal(body, span.traceId);
          assert.equal(span.traceId, '0af7651916cd43dd8448eb211c80319c');
          assert.equal(span.parentSpanId, 'b7ad6b7169203331');
          assert.equal(span.status, 'UNSET');
          for (const [name, value] of Object.entries({
            'http.request.method': 'GET',
            'http.response.status_code': 200,
            'url.path': '/items/4711',
            'url.query': 'color=red',
            'url.scheme': 'http',
            'server.address': new URL(url).hostname,
            'server.port': Number(new URL(url).port),
            'client.address': '127.0.0.1',
            'network.protocol.version': '2',
            'throughline.request_id': 'order-4711',
          })) {
            assert.equal(span.attributes[name], value, name);
          }
        }),
      ),
  },
  {
    title: 'streams of one connection never see each other',
    run: (subject, recorder) =>
      serve(subject, [item], (url) =>
        withSession(url, async (session) => {
          const bodies = await Promise.all(
            Array.from({ length: 50 }, async (_, n) => (await request(session, `/items/${n}`)).body),
          );
          const traces = new Set<string>();
          for (const _ of bodies) traces.add((await recorder.take('GET /items/:id')).traceId);
          assert.deepEqual(new Set(bodies), traces);
          assert.equal(traces.size, 50);
        }),
      ),
  },
  {
    title: 'a peer is told over HTTP/2 that its trace is kept, and what the application says in Server-Timing stays',
    run: (subject) =>
      withKeepSignals(new Set([KEPT_ID]), () =>
        serve(subject, [{ method: 'GET', path: '/timed', handle: answerTimed }], (url) =>
          withSession(url, async (session) => {
            const traceparent = `00-${KEPT_ID}-b7ad6b7169203331-00`;
            const told = await request(session, '/timed', { traceparent, [PEER_HEADER]: PEER_PROOF });
            assert.match(
              String(told.headers['server-timing']),
              new RegExp(`^db;dur=5, trace;desc=00-${KEPT_ID}-\\w{16}-0[13]$`),
            );
            const { headers } = await request(session, '/timed', { traceparent });
            assert.equal(headers['server-timing'], 'db;dur=5');
          }),
        ),
      ),
  },
  ...[
    ['a 404', '/nothing', 404, 'GET', 'UNSET', undefined],
    ['an error that a handler throws', '/broken', 500, 'GET /broken', 'ERROR', 'PaymentDeclined'],
  ].map(
    ([what, path, status, name, spanStatus, type]): Scenario<ServerSubject> => ({
      title: `${what} over HTTP/2 is recorded as over HTTP/1.1`,
      run: (subject, recorder) =>
        serve(subject, [item, { method: 'GET', path: '/broken', handle: decline }], (url) =>
          withSession(url, async (session) => {
            assert.equal((await request(session, String(path))).status, status);
            const span = await recorder.take(String(name));
            assert.equal(span.attributes['http.response.status_code'], status);
            assert.equal(span.attributes['error.type'], type);
            assert.equal(span.status, spanStatus);
          }),
        ),
    }),
  ),
  ...http2AbortScenarios,
];

function answerTimed({ response }: KitExchange): undefined {
  response.writeHead(200, { 'server-timing': 'db;dur=5' });
  response.end('ok');
  return undefined;
}

class PaymentDeclined extends Error {
  override readonly name = 'PaymentDeclined';
}

function decline(): never {
  throw new PaymentDeclined('no funds');
}
