import assert from 'node:assert/strict';
import { once } from 'node:events';
import { trace } from '@opentelemetry/api';
import type { Scenario } from '../contract.ts';
import { open, responseTo, send, serve } from '../http-requests.ts';
import type { ServerSubject } from '../http-server-subject.ts';
import type { SpanRecorder } from '../span-recorder.ts';
import { handlerThat } from './entered-handler.ts';

export const abortScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'a client that leaves while the handler hangs ends the span, without a status code',
    run(subject, recorder) {
      const { routes, entered } = handlerThat();
      return serve(subject, routes, async (url) => {
        const request = open(`${url}/work`);
        await entered;
        request.destroy();
        const span = await recorder.take('GET /work');
        assert.equal(span.attributes['http.response.status_code'], undefined);
        assert.equal(span.attributes['error.type'], 'client_aborted');
        assert.equal(span.status, 'ERROR');
      });
    },
  },
  {
    title: 'a client that leaves in the middle of a stream is no success, with the status code that was sent',
    run(subject, recorder) {
      const { routes } = handlerThat(({ response }) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.write('first');
      });
      return serve(subject, routes, async (url) => {
        const request = open(`${url}/work`);
        const response = await responseTo(request);
        response.on('error', () => {});
        await once(response, 'data');
        request.destroy();
        const span = await recorder.take('GET /work');
        assert.equal(span.attributes['http.response.status_code'], 200);
        assert.equal(span.attributes['error.type'], 'client_aborted');
        assert.equal(span.status, 'ERROR');
      });
    },
  },
  {
    title: 'a handler that answers after its client has left adds nothing',
    run(subject, recorder) {
      let answer = (): void => {};
      const { routes, entered } = handlerThat(({ response }) => {
        answer = () => void response.end('too late');
      });
      return serve(subject, routes, async (url) => {
        const request = open(`${url}/work`);
        await entered;
        request.destroy();
        await recorder.take('GET /work');
        answer();
        await send(`${url}/nothing`);
        await recorder.take('GET');
      });
    },
  },
  {
    title: 'a server that destroys the connection is told apart from a client that leaves',
    run(subject, recorder) {
      const { routes } = handlerThat(({ request }) => {
        request.socket.destroy();
      });
      return serve(subject, routes, async (url) => {
        await once(open(`${url}/work`), 'error');
        await expectBrokenOffByServer(recorder);
      });
    },
  },
  {
    title: 'a stream that the server breaks off is no success',
    run(subject, recorder) {
      const { routes } = handlerThat(({ response }) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.write('first', () => response.destroy());
      });
      return serve(subject, routes, async (url) => {
        const response = await responseTo(open(`${url}/work`));
        response.resume();
        await once(response, 'error');
        const span = await recorder.take('GET /work');
        assert.equal(span.attributes['http.response.status_code'], 200);
        assert.equal(span.attributes['error.type'], 'server_aborted');
        assert.equal(span.status, 'ERROR');
      });
    },
  },
  {
    title: 'what is answered after the server has destroyed the response is no success',
    run(subject, recorder) {
      const { routes } = handlerThat(({ response }) => {
        response.destroy();
        response.end('nobody gets this');
      });
      return serve(subject, routes, async (url) => {
        await once(open(`${url}/work`), 'error');
        await expectBrokenOffByServer(recorder);
      });
    },
  },
  {
    title: 'listeners run in the context of the exchange also when the client leaves',
    run(subject, recorder) {
      let close = (_traceId: string | undefined): void => {};
      const closed = new Promise<string | undefined>((resolve) => {
        close = resolve;
      });
      const { routes, entered } = handlerThat(({ response }) => {
        response.on('close', () => close(trace.getActiveSpan()?.spanContext().traceId));
      });
      return serve(subject, routes, async (url) => {
        const request = open(`${url}/work`);
        await entered;
        request.destroy();
        const { traceId } = await recorder.take('GET /work');
        assert.equal(await closed, traceId);
      });
    },
  },
];

async function expectBrokenOffByServer(recorder: SpanRecorder): Promise<void> {
  const span = await recorder.take('GET /work');
  assert.equal(span.attributes['http.response.status_code'], undefined);
  assert.equal(span.attributes['error.type'], 'server_aborted');
  assert.equal(span.status, 'ERROR');
}
