import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { context, trace } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import { serve } from '../http-requests.ts';
import type { KitExchange, KitRoute, ServerSubject } from '../http-server-subject.ts';
import { PEER_HEADER, PEER_PROOF, withKeepSignals } from '../keep-signals.ts';

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
  ...[
    ['a client that cancels a stream', cancel, hang, 'client_aborted', undefined],
    ['a client that cancels in the middle of a stream', cancel, answerHalf, 'client_aborted', 200],
    ['a client that drops the connection', drop, hang, 'client_aborted', undefined],
    ['a server that resets a stream', wait, reset, 'server_aborted', undefined],
    ['a server that resets in the middle of a stream', wait, resetHalfway, 'server_aborted', 200],
  ].map((row): Scenario<ServerSubject> => {
    const [what, leave, act, type, status] = row as [string, Leave, Act, string, number | undefined];
    return {
      title: `${what} over HTTP/2 is no success`,
      run(subject, recorder) {
        let enter = (): void => {};
        const entered = new Promise<void>((resolve) => {
          enter = resolve;
        });
        const handle = (exchange: KitExchange): undefined => {
          act(exchange);
          enter();
          return undefined;
        };
        return serve(subject, [{ method: 'GET', path: '/work', handle }], (url) =>
          withSession(url, async (session) => {
            const stream = session.request({ ':path': '/work' });
            stream.on('error', () => {});
            stream.resume();
            if (status === undefined) await entered;
            else await once(stream, 'data');
            leave(stream, session);
            const span = await recorder.take('GET /work');
            assert.equal(span.attributes['error.type'], type);
            assert.equal(span.attributes['http.response.status_code'], status);
            assert.equal(span.status, 'ERROR');
          }),
        );
      },
    };
  }),
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

type Leave = (stream: ClientHttp2Stream, session: ClientHttp2Session) => void;
type Act = (exchange: KitExchange) => void;

function cancel(stream: ClientHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL);
}

function drop(_stream: ClientHttp2Stream, session: ClientHttp2Session): void {
  session.destroy();
}

function wait(): void {}

function hang(): void {}

function answerHalf({ response }: KitExchange): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write('first');
}

function reset({ request: { stream } }: Http2Exchange): void {
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}

function resetHalfway({ request: { stream }, response }: Http2Exchange): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write('first', () => setTimeout(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR), 10));
}

// Node's compatibility layer: the same objects, with their stream.
type Http2Exchange = KitExchange & { request: { stream: { close(code: number): void } } };

async function withSession(url: string, use: (session: ClientHttp2Session) => Promise<void>): Promise<void> {
  const session = connect(url);
  session.on('error', () => {});
  try {
    await use(session);
  } finally {
    session.destroy();
  }
}

type Received = { status: unknown; headers: Record<string, unknown>; body: string };

async function request(
  session: ClientHttp2Session,
  path: string,
  headers: Record<string, string> = {},
): Promise<Received> {
  const stream = session.request({ ':path': path, ...headers });
  const responded = once(stream, 'response');
  let body = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) body += chunk;
  const [received] = (await responded) as [Record<string, unknown>];
  return { status: received[':status'], headers: received, body };
}
