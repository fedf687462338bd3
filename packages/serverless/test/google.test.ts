import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { logFields } from '@throughline/core';
import { expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { tracedEventHandler, tracedHandler } from '../src/google.ts';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const recorder = useRecorder();

/** As the Functions Framework delivers it: the message of Pub/Sub is in `data`. */
const paid = {
  specversion: '1.0',
  id: '1234567890',
  source: '//pubsub.googleapis.com/projects/shop/topics/paid',
  type: 'google.cloud.pubsub.topic.v1.messagePublished',
  traceparent: PARENT,
  data: { message: { data: 'e30=' } },
};

it('an HTTP function has a SERVER span, which is flushed once the response is complete', async () => {
  let flushed = () => {};
  const flushing = new Promise<void>((resolve) => {
    flushed = resolve;
  });
  let ended = false;
  const handler = tracedHandler(
    (_request: IncomingMessage, response: ServerResponse) => response.writeHead(201).end(),
    {
      onEnd: () => {
        ended = true;
      },
      flush: async () => {
        expect(ended).toBe(true);
        flushed();
      },
    },
  );
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/pay?x=1`, { headers: { traceparent: PARENT } });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    await flushing;
    const span = await recorder.take('GET');
    expect(span).toMatchObject({ kind: 'SERVER', traceId: PARENT.slice(3, 35) });
    expect(span.attributes).toMatchObject({ 'faas.trigger': 'http', 'http.response.status_code': 201 });
    expect(span.attributes).toHaveProperty('faas.coldstart');
  } finally {
    server.close();
  }
});

it('a CloudEvent has a CONSUMER span, which is flushed before the event counts as handled', async () => {
  const order: string[] = [];
  const handler = tracedEventHandler(
    async (event: typeof paid) => {
      order.push('handle');
      return [event.id, logFields().trace_id];
    },
    { onEnd: () => order.push('end'), flush: async () => order.push('flush') },
  );
  expect(await handler(paid)).toEqual([paid.id, PARENT.slice(3, 35)]);
  expect(order).toEqual(['handle', 'end', 'flush']);
  const span = await recorder.take('function');
  expect(span).toMatchObject({ kind: 'CONSUMER', traceId: PARENT.slice(3, 35), parentSpanId: PARENT.slice(36, 52) });
  expect(span.attributes).toMatchObject({
    'faas.trigger': 'pubsub',
    'faas.invocation.id': paid.id,
    'cloudevents.event_id': paid.id,
    'cloudevents.event_source': paid.source,
    'cloudevents.event_type': paid.type,
  });
});

it.each([
  ['google.cloud.storage.object.v1.finalized', 'datasource'],
  ['google.firebase.database.ref.v1.written', 'datasource'],
  ['google.cloud.scheduler.job.v1.executed', 'timer'],
  ['com.example.paid', 'other'],
])('an event of the type %s says that its trigger is %s', async (type, trigger) => {
  await tracedEventHandler(() => {}, { flush: async () => {} })({ id: '1', source: '/', type });
  expect((await recorder.take('function')).attributes['faas.trigger']).toBe(trigger);
});

it('what a handler throws is recorded and rethrown, the same object, although the backend does not answer', async () => {
  const mistake = new RangeError('no such order');
  const handler = tracedEventHandler(
    () => {
      throw mistake;
    },
    { flush: () => new Promise<never>(() => {}), flushTimeoutMs: 20 },
  );
  await expect(handler(paid)).rejects.toBe(mistake);
  const span = await recorder.take('function');
  expect(span).toMatchObject({ status: 'ERROR', attributes: { 'error.type': 'RangeError' } });
});

it('refuses a handler without flush', () => {
  expect(() => tracedHandler(() => {}, {} as never)).toThrow('[google] Expected `flush` to be a function');
  expect(() => tracedEventHandler(() => {}, {} as never)).toThrow('[google] Expected `flush` to be a function');
});
