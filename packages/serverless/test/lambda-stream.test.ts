import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type RecordedSpan, recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { tracedStreamHandler } from '../src/lambda.ts';
import * as events from './lambda-events.ts';

let recorder: SpanRecorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterEach(() => recorder.assertEmpty());
afterAll(() => recorder.stop());

type Handler = (event: object, stream: Writable) => unknown;
type Outcome = { span: RecordedSpan; received: string; thrown: unknown; flushedFirst: boolean };

/** Invokes a handler with a stream like Lambda's: a request that is sent in chunks to where the platform listens. */
async function invoke(handler: Handler, event: object = events.functionUrl): Promise<Outcome> {
  let received = '';
  const platform = createServer((request, response) => {
    request.on('data', (chunk) => {
      received += chunk;
    });
    request.on('error', () => {}).on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(platform, 'listening');
  const { port } = platform.address() as AddressInfo;
  const stream = httpRequest({ port, host: '127.0.0.1', method: 'POST', agent: false });
  stream.on('error', () => {}).on('response', (response) => response.resume());
  let flushedFirst = false;
  const flush = async () => {
    flushedFirst = recorder.finished().length > 0;
  };
  const thrown = await tracedStreamHandler(handler, { flush })(event, stream, {}).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const span = await recorder.take(() => true);
  const closed = stream.closed || new Promise((resolve) => stream.once('close', resolve));
  if (!stream.writableEnded) stream.destroy();
  await closed;
  platform.closeAllConnections();
  platform.close();
  return { span, received, thrown, flushedFirst };
}

/** What `awslambda.HttpResponseStream.from` does, by the format that Lambda documents. */
function from(stream: Writable, prelude: object): Writable {
  let isFirst = true;
  const hook = (write: (chunk: unknown) => void): void => {
    write(JSON.stringify(prelude));
    write(new Uint8Array(8));
  };
  const write = stream.write.bind(stream) as (chunk: unknown) => boolean;
  return Object.assign(stream, {
    _onBeforeFirstWrite: hook,
    write(chunk: unknown) {
      if (isFirst) hook(write);
      isFirst = false;
      return write(chunk);
    },
  });
}

it('the span of a streamed response lasts until the stream has ended, and is exported then', async () => {
  const { span, received, thrown, flushedFirst } = await invoke((_event, stream) =>
    pipeline(Readable.from(['a', 'b', 'c']), stream),
  );
  expect(thrown).toBeUndefined();
  expect(received).toBe('abc');
  expect(flushedFirst).toBe(true);
  expect(span).toMatchObject({ name: 'POST', kind: 'SERVER', status: 'UNSET' });
  expect(span.attributes['http.response.status_code']).toBe(200);
});

it('a handler that returns before its stream has ended is waited for', async () => {
  const order: string[] = [];
  const { span } = await invoke((_event, stream) => {
    setTimeout(() => {
      order.push(`${recorder.finished().length} spans`);
      stream.end('late');
    }, 20);
  });
  expect(order).toEqual(['0 spans']);
  expect(span.attributes['http.response.status_code']).toBe(200);
});

it.each([
  [404, 'UNSET'],
  [503, 'ERROR'],
])('the status %i of the metadata is that of the span', async (statusCode, status) => {
  const { span, received } = await invoke((_event, stream) => {
    const answer = from(stream, { statusCode, headers: { 'content-type': 'text/plain' } });
    answer.write('body');
    answer.end();
  });
  expect(received).toContain(`"statusCode":${statusCode}`);
  expect(span.attributes['http.response.status_code']).toBe(statusCode);
  expect(span.status).toBe(status);
});

it('what is thrown in the middle of a stream is recorded and rethrown, the same object', async () => {
  const error = new RangeError('on purpose');
  const { span, thrown } = await invoke((_event, stream) => {
    stream.write('a');
    throw error;
  });
  expect(thrown).toBe(error);
  expect(span).toMatchObject({ status: 'ERROR', exceptions: [{ type: 'RangeError', message: 'on purpose' }] });
});

it('a stream that breaks off is no success', async () => {
  const { span } = await invoke((_event, stream) => {
    stream.write('a');
    stream.destroy();
  });
  expect(span.status).toBe('ERROR');
  expect(span.attributes['error.type']).toBe('server_aborted');
  expect(span.attributes).not.toHaveProperty('http.response.status_code');
});

it('an invocation that is no request is named like the function, and lasts as long as its stream', async () => {
  const { span, received } = await invoke((_event, stream) => void stream.end('done'), { any: 'payload' });
  expect(received).toBe('done');
  expect(span).toMatchObject({ name: 'lambda', kind: 'SERVER', status: 'UNSET' });
});

it('a handler that is none is refused, with the remedy', () => {
  expect(() => tracedStreamHandler(undefined as never, { flush: async () => {} })).toThrow(
    '[lambda] Expected a handler, got undefined.',
  );
});
