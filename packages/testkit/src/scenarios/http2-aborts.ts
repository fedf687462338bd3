import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type Http2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { Scenario } from '../contract.ts';
import { serve } from '../http-requests.ts';
import type { KitExchange, ServerSubject } from '../http-server-subject.ts';
import { whenRead } from '../when-read.ts';
import { handlerThat } from './entered-handler.ts';
import { withSession } from './http2-session.ts';

/** More than a client takes that does not read. */
const LARGE = 'a'.repeat(1_000_000);

/** Streams of HTTP/2 that one side breaks off. */
export const http2AbortScenarios: readonly Scenario<ServerSubject>[] = [
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
        const { routes, entered } = handlerThat(act);
        return serve(subject, routes, (url) =>
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
  ...[
    ['a client that cancels', cancel, 'client_aborted'],
    ['a server that destroys', destroyOfServer, 'server_aborted'],
  ].map((row): Scenario<ServerSubject> => {
    const [who, breakOff, type] = row as [string, BreakOff, string];
    return {
      title: `${who} what was handed over whole and is not read yet over HTTP/2 is no success`,
      run(subject, recorder) {
        const exchanges: KitExchange[] = [];
        const handle = (exchange: KitExchange): undefined => {
          exchanges.push(exchange);
          exchange.response.end(LARGE);
          return undefined;
        };
        return serve(subject, [{ method: 'GET', path: '/work', handle }], (url) =>
          withSession(url, async (session) => {
            const stream = session.request({ ':path': '/work' });
            stream.on('error', () => {});
            await once(stream, 'response');
            breakOff(stream, exchanges[0] as Http2Exchange);
            const span = await recorder.take('GET /work');
            assert.equal(span.attributes['error.type'], type);
            assert.equal(span.attributes['http.response.status_code'], 200);
            assert.equal(span.status, 'ERROR');
          }),
        );
      },
    };
  }),
  {
    title: 'a client that cancels a request of HEAD over HTTP/2 ends the span, without a status code',
    run(subject, recorder) {
      const { routes, entered } = handlerThat();
      return serve(subject, routes, (url) =>
        withSession(url, async (session) => {
          const stream = session.request({ ':path': '/work', ':method': 'HEAD' });
          stream.on('error', () => {});
          await entered;
          cancel(stream);
          const span = await recorder.take('HEAD /work');
          assert.equal(span.attributes['error.type'], 'client_aborted');
          assert.equal(span.attributes['http.response.status_code'], undefined);
          assert.equal(span.status, 'ERROR');
        }),
      );
    },
  },
  {
    title: 'a body in answer to HEAD over HTTP/2, which nobody gets, is a success',
    run: (subject, recorder) =>
      serve(subject, [{ method: 'GET', path: '/work', handle: answerAtOnce }], (url) =>
        withSession(url, async (session) => {
          const stream = session.request({ ':path': '/work', ':method': 'HEAD' });
          stream.resume();
          const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
          assert.equal(headers[':status'], 200);
          const span = await recorder.take('HEAD /work');
          assert.equal(span.attributes['http.response.status_code'], 200);
          assert.equal(span.status, 'UNSET');
        }),
      ),
  },
  {
    title: 'a client that says goodbye and resets the connection over HTTP/2 is no success',
    run(subject, recorder) {
      let leave = (): void => {};
      const handle = ({ request, response }: KitExchange): undefined => {
        (request as Http2Exchange['request']).stream.session.once('goaway', () => leave());
        response.end(LARGE);
        return undefined;
      };
      return serve(subject, [{ method: 'GET', path: '/work', handle }], async (url) => {
        const socket = connectSocket(Number(new URL(url).port), '127.0.0.1');
        const session = connect(url, { createConnection: () => socket });
        session.on('error', () => {});
        const stream = session.request({ ':path': '/work' });
        stream.on('error', () => {});
        await once(stream, 'response');
        leave = () => socket.resetAndDestroy();
        session.goaway();
        const span = await recorder.take('GET /work');
        session.destroy();
        assert.equal(span.attributes['error.type'], 'client_aborted');
        assert.equal(span.status, 'ERROR');
      });
    },
  },
  {
    title: 'a client that breaks off its body over HTTP/2 is no success',
    run(subject, recorder) {
      const { routes, entered } = handlerThat(undefined, 'POST');
      return serve(subject, routes, (url) =>
        withSession(url, async (session) => {
          const stream = session.request({ ':path': '/work', ':method': 'POST', 'content-length': '1000' });
          stream.on('error', () => {});
          stream.write('less');
          await entered;
          cancel(stream);
          const span = await recorder.take('POST /work');
          assert.equal(span.attributes['error.type'], 'client_aborted');
          assert.equal(span.status, 'ERROR');
        }),
      );
    },
  },
];

type BreakOff = (stream: ClientHttp2Stream, exchange: Http2Exchange) => void;

function destroyOfServer(_stream: ClientHttp2Stream, { request: { stream } }: Http2Exchange): void {
  stream.destroy();
}

function answerAtOnce({ response }: KitExchange): undefined {
  response.end('ok');
  return undefined;
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
  response.write('first', () => void whenRead().then(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR)));
}

// Node's compatibility layer: the same objects, with their stream.
type Http2Exchange = KitExchange & {
  request: { stream: { close(code: number): void; destroy(): void; session: Http2Session } };
};
