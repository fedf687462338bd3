import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type TracingOptions, tracedListener } from '../src/index.ts';

const ID = 'order-4711';

async function answerOf(
  answer: (response: ServerResponse) => void,
  wrap = (own: RequestListener) => own,
  options: TracingOptions = {},
) {
  const traced = tracedListener((_request, response) => answer(response), options);
  const server = createServer(wrap(traced)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-request-id': ID, connection: 'close' } });
    return { status: response.status, text: response.statusText, headers: Object.fromEntries(response.headers) };
  } finally {
    server.close();
    await once(server, 'close');
  }
}

function flushAndEnd(response: ServerResponse): void {
  response.flushHeaders();
  response.end();
}

test.each<[string, (response: ServerResponse) => void]>([
  ['no head', (response) => response.end()],
  ['a status', (response) => response.writeHead(201).end()],
  ['a status and headers', (response) => response.writeHead(201, { 'X-Own': 'a' }).end()],
  ['a status, its text and headers', (response) => response.writeHead(201, 'Made', { 'X-Own': 'a' }).end()],
  ['a flat list', (response) => response.writeHead(201, ['X-Own', 'a']).end()],
  ['headers after others were set', (response) => response.setHeader('x-set', '1').writeHead(201, { a: '1' }).end()],
  ['headers that are flushed', flushAndEnd],
  ['headers that inherit others', (response) => response.writeHead(201, Object.create({ 'x-own': 'b' })).end()],
])('a response with %s says the correlation ID', async (_form, answer) => {
  const { headers } = await answerOf(answer);
  expect(headers['x-request-id']).toBe(ID);
});

test('the headers, status and text that a listener gives are those that are sent', async () => {
  const answer = await answerOf((response) =>
    response.writeHead(202, 'Taken', { 'X-Own': ['a', 'b'], 'content-length': 0, etag: '"1"' }).end(),
  );
  expect(answer).toMatchObject({
    status: 202,
    text: 'Taken',
    headers: { 'x-own': 'a, b', 'content-length': '0', etag: '"1"', 'x-request-id': ID },
  });
});

test.each<[string, (response: ServerResponse) => void]>([
  ['in other case', (response) => response.writeHead(200, { 'X-Request-ID': 'own' }).end()],
  ['in a list', (response) => response.writeHead(200, ['X-Request-ID', 'own']).end()],
  ['set before', (response) => response.setHeader('X-Request-ID', 'own').writeHead(200, { a: '1' }).end()],
])('an ID of the listener, %s, is the only one', async (_form, answer) => {
  expect((await answerOf(answer)).headers['x-request-id']).toBe('own');
});

test.each([
  ['X-Trace-It', 'x-trace-it'],
  ['_Trace', '_trace'],
  ['^ID', '^id'],
  ['9Lives', '9lives'],
])('an ID that the listener says as %s is the one of %s', async (given, configured) => {
  const { headers } = await answerOf(
    (response) => response.writeHead(200, { [given]: 'own', [`y${given.slice(1)}`]: 'other' }).end(),
    undefined,
    { correlation: { headers: [configured] } },
  );
  expect(headers[configured]).toBe('own');
});

test('who stands between the listener and Node.js gets headers as the listener gave them', async () => {
  const seen: unknown[] = [];
  const wrap = (own: RequestListener): RequestListener => {
    return (request, response) => {
      const write = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
      response.writeHead = ((...args: unknown[]) => {
        seen.push(...args);
        return write(...args);
      }) as ServerResponse['writeHead'];
      return own(request, response);
    };
  };
  const { headers } = await answerOf((response) => response.writeHead(200, { a: '1' }).end(), wrap);
  expect(seen).toEqual([200, { a: '1' }]);
  expect(headers).toMatchObject({ a: '1', 'x-request-id': ID });
});
