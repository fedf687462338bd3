import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AckPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, createInbox, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { traceConnection, tracedHandler } from '@throughline/messaging/nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { describeWithService } from '../../../test/service.ts';
import { deferred } from './deferred.ts';

describeWithService('nats', 'a traced connection to NATS', (url) => {
  const recorder = useRecorder();
  let nc: NatsConnection;
  beforeAll(async () => {
    nc = traceConnection(await connect({ servers: url }), headers);
  });
  afterAll(() => nc.close());

  it('names the span of a callback by the pattern that was subscribed to, and says the queue group', async () => {
    const prefix = `orders-${randomUUID()}`;
    const subscription = nc.subscribe(`${prefix}.*`, { queue: 'billing', callback: () => {} });
    nc.publish(`${prefix}.4711`, 'hello');
    const sent = await recorder.take(`publish ${prefix}.4711`);
    const handled = await recorder.take(`process ${prefix}.*`);
    expect(handled.parentSpanId).toBe(sent.spanId);
    expect(handled.attributes).toMatchObject({
      'messaging.destination.name': `${prefix}.4711`,
      'messaging.destination.template': `${prefix}.*`,
      'messaging.consumer.group.name': 'billing',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(url).port),
    });
    subscription.unsubscribe();
  });

  it('hands errors of a subscription on to its callback, and the options it was given stay as they were', async () => {
    const options = Object.freeze({
      timeout: 20,
      callback: (error: Error | null) => failed.resolve(error as Error),
    });
    const failed = deferred<Error>();
    nc.subscribe(`quiet-${randomUUID()}`, options);
    expect((await failed.promise).name).toBe('TimeoutError');
  });

  it.each([
    ['nobody answers', () => `nobody-${randomUUID()}`, 20_000, /NoResponders/],
    ['the answer is late', silentSubject, 50, /TimeoutError/],
  ])('makes a request an error to which %s, and rejects as NATS does', async (_what, subjectOf, timeout, type) => {
    const subject = subjectOf();
    const thrown = await nc.request(subject, 'hello', { timeout }).catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(Error);
    const span = await recorder.take(`request ${subject}`);
    expect([span.kind, span.status]).toEqual(['PRODUCER', 'ERROR']);
    expect(`${span.attributes['error.type']} ${(thrown as Error).name} ${(thrown as Error).cause}`).toMatch(type);
  });

  function silentSubject(): string {
    const subject = `silent-${randomUUID()}`;
    nc.subscribe(subject);
    return subject;
  }

  it('traces requests that use a subscription of their own, and many answers', async () => {
    const subject = `rpc-${randomUUID()}`;
    const subscription = nc.subscribe(subject, { callback: (_error, message) => void message.respond('pong') });
    expect((await nc.request(subject, 'ping', { timeout: 20_000, noMux: true })).string()).toBe('pong');
    const answers: string[] = [];
    for await (const answer of await nc.requestMany(subject, 'ping', { maxMessages: 1, maxWait: 20_000 })) {
      answers.push(answer.string());
    }
    expect(answers).toEqual(['pong']);
    for (const _ of 'ab') {
      const request = await recorder.take(`request ${subject}`);
      const handled = await recorder.take((span) => span.traceId === request.traceId);
      expect([handled.name, handled.parentSpanId]).toEqual([`process ${subject}`, request.spanId]);
    }
    subscription.unsubscribe();
  });

  it('does not name a span by an inbox, which is there once', async () => {
    nc.publish(createInbox(), 'hello');
    expect((await recorder.take('publish')).attributes['messaging.destination.temporary']).toBe(true);
  });

  it('keeps all values of the headers it was given, in a copy', async () => {
    const subject = `headers-${randomUUID()}`;
    const arrived = deferred<Msg>();
    const subscription = nc.subscribe(subject, { callback: (_error, message) => arrived.resolve(message) });
    const given = headers();
    given.append('X-Own', 'one');
    given.append('X-Own', 'two');
    nc.publish(subject, 'hello', { headers: given });
    const { headers: received } = await arrived.promise;
    expect([received?.values('X-Own'), given.keys()]).toEqual([['one', 'two'], ['X-Own']]);
    const sent = await recorder.take(`publish ${subject}`);
    expect(received?.get('traceparent')).toBe(`00-${sent.traceId}-${sent.spanId}-01`);
    await recorder.take(`process ${subject}`);
    subscription.unsubscribe();
  });

  it('sends a message without headers that would be too large with them', async () => {
    const subject = `large-${randomUUID()}`;
    const arrived = deferred<Msg>();
    const subscription = nc.subscribe(subject, { callback: (_error, message) => arrived.resolve(message) });
    const payload = new Uint8Array(nc.info?.max_payload ?? 0);
    nc.publish(subject, payload);
    const message = await arrived.promise;
    expect([message.data.length, message.headers]).toEqual([payload.length, undefined]);
    await recorder.take(`publish ${subject}`);
    expect((await recorder.take(`process ${subject}`)).parentSpanId).toBeUndefined();
    subscription.unsubscribe();
  });

  it('counts the deliveries of JetStream, and leaves its own subjects alone', async () => {
    const name = `stream-${randomUUID()}`;
    const manager = await jetstreamManager(nc);
    await manager.streams.add({ name, subjects: [`${name}.>`] });
    await manager.consumers.add(name, { durable_name: 'billing', ack_policy: AckPolicy.Explicit });
    const consumer = await jetstream(nc).consumers.get(name, 'billing');
    await jetstream(nc).publish(`${name}.placed`, 'hello');
    const messages = await consumer.consume();
    const handle = tracedHandler((message: JsMsg) => {
      if (message.info.deliveryCount === 1) {
        message.nak();
        throw new RangeError('not yet');
      }
      message.ack();
      messages.stop();
    });
    for await (const message of messages) {
      try {
        handle(message);
      } catch (thrown) {
        expect((thrown as Error).message).toBe('not yet');
      }
    }
    const sent = await recorder.take(`request ${name}.placed`);
    const first = await recorder.take(`process ${name}.placed`);
    const second = await recorder.take(`process ${name}.placed`);
    expect([first.parentSpanId, second.parentSpanId]).toEqual([sent.spanId, sent.spanId]);
    expect([first.attributes['error.type'], second.status]).toEqual(['RangeError', 'UNSET']);
    expect([first, second].map((span) => span.attributes['throughline.message.delivery_count'])).toEqual([1, 2]);
    expect(second.attributes['messaging.consumer.group.name']).toBe('billing');
    await manager.streams.delete(name);
  });

  it('sends plain messages to a server that takes no headers', async () => {
    const server = await startWithoutHeaders();
    try {
      const plain = traceConnection(await connect({ servers: server.url }), headers);
      const arrived = deferred<Msg>();
      plain.subscribe('orders', { callback: (_error, message) => arrived.resolve(message) });
      plain.publish('orders', 'hello');
      expect((await arrived.promise).string()).toBe('hello');
      const sent = await recorder.take('publish orders');
      expect((await recorder.take('process orders')).traceId).not.toBe(sent.traceId);
      await plain.close();
    } finally {
      await server.stop();
    }
  });

  it('makes one span for a connection that is traced twice', async () => {
    traceConnection(nc, headers).publish('twice', 'hello');
    await recorder.take('publish twice');
  });

  it('says what is wrong with its arguments', () => {
    expect(() => traceConnection({} as NatsConnection, headers)).toThrow('[nats] Expected a connection.');
    expect(() => traceConnection(nc, undefined as never)).toThrow('[nats] Expected `headers` to be a function.');
    expect(() => tracedHandler(7 as never)).toThrow('[nats] Expected `handler` to be a function.');
    expect(() => tracedHandler(() => {}, { template: 'orders' as never })).toThrow(
      'Expected `template` to be a function',
    );
  });
});

async function startWithoutHeaders(): Promise<{ url: string; stop: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'throughline-nats-'));
  const configuration = join(directory, 'nats.conf');
  await writeFile(configuration, 'host: 127.0.0.1\nport: -1\nno_header_support: true\n');
  const server = spawn('nats-server', ['-c', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = async (): Promise<void> => {
    server.kill();
    await rm(directory, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: server.stderr })) {
    const address = /client connections on (\S+)/.exec(line)?.[1];
    if (address !== undefined) return { url: `nats://${address}`, stop };
  }
  throw new Error('nats-server did not start');
}
