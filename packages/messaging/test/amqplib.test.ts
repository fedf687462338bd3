import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { context, trace } from '@opentelemetry/api';
import { traceChannel } from '@throughline/messaging/amqplib';
import { type Channel, type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib';
import { type Channel as CallbackChannel, type Connection, connect as connectByCallback } from 'amqplib/callback_api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { describeWithService } from '../../../test/service.ts';
import { deferred } from './deferred.ts';

describeWithService('rabbitmq', 'a traced channel of amqplib', (url) => {
  const recorder = useRecorder();
  let connection: ChannelModel;
  beforeAll(async () => {
    connection = await connect(url);
  });
  afterAll(() => connection.close());

  async function queueOn(channel: Channel, options: object = { autoDelete: true }): Promise<string> {
    return (await channel.assertQueue(`test-${randomUUID()}`, options)).queue;
  }

  describe('settles', () => {
    it.each<[string, (channel: Channel, message: ConsumeMessage) => void, string, 'UNSET' | 'ERROR']>([
      ['ack', (channel, message) => channel.ack(message), 'ack', 'UNSET'],
      ['ackAll', (channel) => channel.ackAll(), 'ack', 'UNSET'],
      ['nack', (channel, message) => channel.nack(message, false, false), 'nack', 'ERROR'],
      ['nackAll', (channel) => channel.nackAll(false), 'nack', 'ERROR'],
      ['reject', (channel, message) => channel.reject(message, false), 'reject', 'ERROR'],
    ])(
      'by %s, long after the handler returned, and the span ends then and once',
      async (_how, settle, said, status) => {
        const channel = traceChannel(await connection.createChannel());
        const queue = await queueOn(channel);
        await channel.consume(queue, (message) => {
          setTimeout(() => settle(channel, message as ConsumeMessage), 60);
        });
        channel.sendToQueue(queue, Buffer.from('hello'));
        const handled = await recorder.take(`process ${queue}`);
        await recorder.take(`publish ${queue}`);
        expect(handled.durationMs).toBeGreaterThanOrEqual(55);
        expect([handled.status, handled.attributes['throughline.message.settlement']]).toEqual([status, said]);
        expect(handled.attributes['error.type']).toBe(status === 'ERROR' ? said : undefined);
        await channel.close();
      },
    );

    it('a message that goes back to the queue as an error, and its next delivery as redelivered', async () => {
      const channel = traceChannel(await connection.createChannel());
      const queue = await queueOn(channel);
      await channel.consume(queue, (message) => {
        if (message?.fields.redelivered) channel.ack(message);
        else channel.nack(message as ConsumeMessage);
      });
      channel.sendToQueue(queue, Buffer.from('hello'));
      await recorder.take(`publish ${queue}`);
      const first = await recorder.take(`process ${queue}`);
      expect([first.status, first.attributes['throughline.message.settlement']]).toEqual(['ERROR', 'requeue']);
      expect((await recorder.take(`process ${queue}`)).attributes['throughline.message.redelivered']).toBe(true);
      await channel.close();
    });

    it('all messages up to one, and no later one', async () => {
      const channel = traceChannel(await connection.createChannel());
      const queue = await queueOn(channel);
      const messages: ConsumeMessage[] = [];
      const settled = deferred<void>();
      await channel.consume(queue, (message) => {
        messages.push(message as ConsumeMessage);
        if (messages.length < 3) return;
        channel.ack(messages[1] as ConsumeMessage, true);
        settled.resolve(undefined);
      });
      for (const body of 'abc') channel.sendToQueue(queue, Buffer.from(body));
      await settled.promise;
      const tags = [await recorder.take(`process ${queue}`), await recorder.take(`process ${queue}`)].map(
        ({ attributes }) => attributes['rabbitmq.message.delivery_tag'],
      );
      expect(tags).toEqual([1, 2]);
      channel.ack(messages[2] as ConsumeMessage);
      await recorder.take(`process ${queue}`);
      for (const _ of 'abc') await recorder.take(`publish ${queue}`);
      await channel.close();
    });

    it('nothing where the channel closes first: then the spans end as errors that say why', async () => {
      const channel = traceChannel(await connection.createChannel());
      const queue = await queueOn(channel);
      channel.on('error', () => {});
      await channel.consume(queue, (message) => {
        if (message?.content.toString() !== 'b') return;
        channel.ack(message);
        channel.ack(message); // twice: the broker closes the channel
      });
      for (const body of 'ab') channel.sendToQueue(queue, Buffer.from(body));
      const acked = await recorder.take((span) => span.attributes['rabbitmq.message.delivery_tag'] === 2);
      expect([acked.status, acked.attributes['throughline.message.settlement']]).toEqual(['UNSET', 'ack']);
      const open = await recorder.take(`process ${queue}`);
      expect([open.status, open.attributes['error.type']]).toEqual(['ERROR', 'channel_closed']);
      expect(open.statusMessage).toContain('unknown delivery tag');
      for (const _ of 'ab') await recorder.take(`publish ${queue}`);
    });

    it('nothing where `noAck` says so: the span ends with the handler', async () => {
      const channel = traceChannel(await connection.createChannel());
      const queue = await queueOn(channel);
      await channel.consume(queue, () => {}, { noAck: true });
      channel.sendToQueue(queue, Buffer.from('hello'));
      await recorder.take(`publish ${queue}`);
      expect((await recorder.take(`process ${queue}`)).status).toBe('UNSET');
      await channel.close();
    });
  });

  it('hands on what a handler throws to amqplib, the same object, and the span ends with it', async () => {
    const channel = traceChannel(await (await connect(url)).createChannel());
    const queue = await queueOn(channel);
    const thrown = Object.freeze(new RangeError('of the handler'));
    await channel.consume(queue, () => {
      throw thrown;
    });
    const noticed = once(channel, 'handler-error');
    channel.sendToQueue(queue, Buffer.from('hello'));
    expect((await noticed)[0]).toBe(thrown);
    await recorder.take(`publish ${queue}`);
    const handled = await recorder.take(`process ${queue}`);
    expect([handled.attributes['error.type'], handled.exceptions[0]?.message]).toEqual([
      'RangeError',
      'of the handler',
    ]);
    await channel.close();
  });

  it('tells the handler that the broker has cancelled its consumer', async () => {
    const channel = traceChannel(await connection.createChannel());
    const queue = await queueOn(channel);
    const cancelled = new Promise((resolve) => {
      void channel.consume(queue, resolve).then(() => channel.deleteQueue(queue));
    });
    expect(await cancelled).toBeNull();
    await channel.close();
  });

  it.each([
    ['with confirms', (): Promise<Channel> => connection.createConfirmChannel()],
    ['without confirms', (): Promise<Channel> => connection.createChannel()],
  ])('marks a message that the broker returns as an error, on a channel %s', async (_which, create) => {
    const channel = traceChannel(await create());
    const returned = once(channel, 'return');
    channel.sendToQueue('test-no-such-queue', Buffer.from('hello'), { mandatory: true });
    await returned;
    const sent = await recorder.take('publish test-no-such-queue');
    expect([sent.status, sent.attributes['error.type']]).toEqual(['ERROR', 'NO_ROUTE']);
    await channel.close();
  });

  it('takes a mandatory message that is not returned for sent, as of when it was', async () => {
    const channel = traceChannel(await connection.createChannel());
    const queue = await queueOn(channel);
    channel.sendToQueue(queue, Buffer.from('hello'), { mandatory: true });
    const sent = await recorder.take(`publish ${queue}`);
    expect([sent.status, sent.durationMs < 500]).toEqual(['UNSET', true]);
    await channel.deleteQueue(queue);
    await channel.close();
  });

  it('ends the span of a confirmed message with its confirmation, whose callback runs in the context of the sender', async () => {
    const channel: ConfirmChannel = traceChannel(await connection.createConfirmChannel());
    const queue = await queueOn(channel);
    const work = trace.getTracer('test').startSpan('work');
    const active = await context.with(
      trace.setSpan(context.active(), work),
      () =>
        new Promise((resolve) => {
          channel.sendToQueue(queue, Buffer.from('hello'), {}, () => resolve(trace.getActiveSpan()));
        }),
    );
    work.end();
    expect(active).toBe(work);
    channel.sendToQueue(queue, Buffer.from('without a callback'));
    await channel.waitForConfirms();
    await recorder.take('work');
    for (const _ of 'ab') expect((await recorder.take(`publish ${queue}`)).status).toBe('UNSET');
    await channel.deleteQueue(queue);
    await channel.close();
  });

  it('ends the spans of messages that can no longer be confirmed as errors', async () => {
    const channel = traceChannel(await connection.createConfirmChannel());
    channel.on('error', () => {});
    const closed = new Promise((resolve) => channel.once('close', resolve));
    channel.publish('test-no-such-exchange', 'key', Buffer.from('hello'));
    await closed;
    const lost = await recorder.take('publish test-no-such-exchange');
    expect(lost.status).toBe('ERROR');
    expect(() => channel.publish('', 'key', Buffer.from('late'))).toThrow('Channel closed');
    const late = await recorder.take('publish key');
    expect([late.status, late.attributes['error.type']]).toEqual(['ERROR', 'IllegalOperationError']);
  });

  it('names spans by exchange and queue, and destinations by all that is known', async () => {
    const channel = traceChannel(await connection.createChannel());
    const exchange = `orders-${randomUUID()}`;
    await channel.assertExchange(exchange, 'topic', { autoDelete: true });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, exchange, 'order.*');
    await channel.consume(queue, () => {}, { noAck: true });
    channel.publish(exchange, 'order.4711', Buffer.from('hello'), { messageId: 'm-1', correlationId: 'c-1' });
    const sent = await recorder.take(`publish ${exchange}`);
    const handled = await recorder.take('process');
    expect(sent.attributes).toMatchObject({
      'messaging.destination.name': `${exchange}:order.4711`,
      'messaging.destination.template': exchange,
      'rabbitmq.destination.routing_key': 'order.4711',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(url).port),
    });
    expect(handled.attributes).toMatchObject({
      'messaging.destination.name': `${exchange}:order.4711:${queue}`,
      'messaging.destination.temporary': true,
      'messaging.message.id': 'm-1',
      'messaging.message.conversation_id': 'c-1',
    });
    await channel.close();
  });

  it('says how often a quorum queue has delivered a message', async () => {
    const channel = traceChannel(await connection.createChannel());
    const queue = await queueOn(channel, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    let deliveries = 0;
    await channel.consume(queue, (message) => {
      if (message === null) return;
      deliveries += 1;
      if (deliveries === 3) channel.ack(message);
      else channel.nack(message);
    });
    channel.sendToQueue(queue, Buffer.from('hello'));
    await recorder.take(`publish ${queue}`);
    const counts: unknown[] = [];
    for (const _ of 'abc') {
      counts.push((await recorder.take(`process ${queue}`)).attributes['throughline.message.delivery_count']);
    }
    expect(counts.slice(1)).toEqual([2, 3]);
    await channel.deleteQueue(queue);
    await channel.close();
  });

  it('continues a trace that came in bytes, from a client of another language', async () => {
    const channel = traceChannel(await connection.createChannel());
    const untraced = await connection.createChannel();
    const queue = await queueOn(channel);
    await channel.consume(queue, () => {}, { noAck: true });
    const traceparent = Buffer.from('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    untraced.sendToQueue(queue, Buffer.from('hello'), { headers: { traceparent } });
    expect((await recorder.take(`process ${queue}`)).parentSpanId).toBe('b7ad6b7169203331');
    await channel.close();
    await untraced.close();
  });

  it('traces channels of the callback API too', async () => {
    const callbacks: Connection = await promisify<string, Connection>(connectByCallback as never)(url);
    const created = await promisify((done: (error: unknown, channel: CallbackChannel) => void) =>
      callbacks.createChannel(done),
    )();
    const channel = traceChannel(created);
    const queue = `test-${randomUUID()}`;
    const asserted = promisify((done: (error: unknown) => void) =>
      channel.assertQueue(queue, { autoDelete: true }, done),
    );
    await asserted();
    channel.consume(
      queue,
      (message) => channel.ack(message as ConsumeMessage),
      {},
      () => {
        channel.sendToQueue(queue, Buffer.from('hello'));
      },
    );
    const sent = await recorder.take(`publish ${queue}`);
    expect((await recorder.take(`process ${queue}`)).parentSpanId).toBe(sent.spanId);
    await promisify((done: (error: unknown) => void) => callbacks.close(done))();
  });

  it('makes one span for a channel that is traced twice', async () => {
    const channel = traceChannel(traceChannel(await connection.createChannel()));
    channel.sendToQueue('test-nowhere', Buffer.from('hello'));
    await recorder.take('publish test-nowhere');
    await channel.close();
  });

  it('says what is wrong with its arguments', async () => {
    expect(() => traceChannel({} as Channel)).toThrow('[amqplib] Expected a channel.');
    const channel = await connection.createChannel();
    expect(() => traceChannel(channel, { relation: 'sibling' as 'link' })).toThrow(
      "[amqplib] Expected `relation` to be 'parent' or 'link', got the string \"sibling\".",
    );
    await channel.close();
  });
});
