import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { context, trace } from '@opentelemetry/api';
import { tracedListener } from '@throughline/core';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterEach(() => recorder.assertEmpty());
afterAll(() => recorder.stop());

it.each([
  ['before it answers', '/before'],
  ['when it has answered', '/finish'],
  ['when the response has closed', '/close'],
])('who begins %s to wait for the end of a request that nobody reads does so in its context', async (_when, path) => {
  const server = createServer(
    tracedListener((request, response) => {
      const wait = (): unknown =>
        request.on('end', () => server.emit('read', trace.getSpanContext(context.active())?.spanId));
      if (path === '/before') wait();
      if (path === '/finish') response.on('finish', wait);
      if (path === '/close') response.on('close', wait);
      response.end('early');
    }),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const read = once(server, 'read');
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n`);
  await once(socket, 'data');
  socket.write('body');
  const [seen] = await read;
  expect(seen).toBe((await recorder.take('POST')).spanId);
  socket.destroy();
  server.close();
});
