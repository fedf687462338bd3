import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import { tracing } from '@throughline/fastify';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';

let recorder: SpanRecorder;
let app: FastifyInstance;
let url: string;
const measured: Record<string, unknown>[] = [];
const note = (message: unknown): void => void measured.push(message as Record<string, unknown>);

beforeEach(async () => {
  recorder = await recordSpans();
  subscribe('throughline:http.server.request.end', note);
  measured.length = 0;
  app = Fastify();
  await app.register(tracing);
  await app.register(websocket);
  app.get('/live/:id', { websocket: true }, (socket) => {
    socket.on('message', (data: Buffer) => socket.send(data.toString()));
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  url = `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  unsubscribe('throughline:http.server.request.end', note);
  await app.close();
  recorder.assertEmpty();
  await recorder.stop();
});

it.each(['close', 'terminate'] as const)(
  'a WebSocket is long-lived and no error, when its client does %s',
  async (end) => {
    const socket = new WebSocket(`${url}/live/1`);
    await once(socket, 'open');
    socket.send('hello');
    const [answer] = await once(socket, 'message');
    expect(String(answer)).toBe('hello');
    socket[end]();
    const span = await recorder.take('GET /live/:id');
    expect(span.status).toBe('UNSET');
    expect(span.attributes['error.type']).toBeUndefined();
    expect(span.attributes['throughline.long_lived']).toBe('upgrade');
    expect(measured).toMatchObject([{ route: '/live/:id', errorType: undefined, longLived: 'upgrade' }]);
  },
);

it('an upgrade that no route takes is answered and measured as any request', async () => {
  const socket = new WebSocket(`${url}/nowhere`);
  const [error] = await once(socket, 'error');
  expect(String(error)).toContain('404');
  const span = await recorder.take('GET');
  expect(span.attributes['http.response.status_code']).toBe(404);
  expect(measured).toMatchObject([{ route: undefined, statusCode: 404, longLived: undefined }]);
});
