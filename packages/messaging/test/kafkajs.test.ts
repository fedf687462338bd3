import { randomUUID } from 'node:crypto';
import { traceConsumer, traceProducer } from '@throughline/messaging/kafkajs';
import type { Consumer, Kafka, KafkaMessage, Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { describeWithService } from '../../../test/service.ts';
import { type Deferred, deferred } from './deferred.ts';
import { createTopic, kafkaOf } from './kafkajs-subject.ts';

// kafkajs tries again whatever is no mistake of a programmer, such as a RangeError.
class NotYet extends Error {
  override name = 'NotYet';
}

const FOREIGN_TRACE = '0af7651916cd43dd8448eb211c80319c';
const foreign = `00-${FOREIGN_TRACE}-b7ad6b7169203331-01`;

describeWithService('kafka', 'a traced client of kafkajs', (broker) => {
  const recorder = useRecorder();
  let kafka: Kafka;
  let producer: Producer;
  beforeAll(async () => {
    kafka = kafkaOf(broker);
    producer = traceProducer(kafka.producer());
    await producer.connect();
  });
  afterAll(() => producer.disconnect());

  async function consumerOf(topic: string): Promise<Consumer> {
    const consumer = traceConsumer(kafka.consumer({ groupId: `group-${topic}`, maxWaitTimeInMs: 50 }));
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    return consumer;
  }

  it('makes one span for each topic that a batch goes to, and says how many messages it gets', async () => {
    const [orders, invoices] = [await createTopic(kafka), await createTopic(kafka)];
    const topicMessages = [
      { topic: orders, messages: [{ value: 'a' }, { value: 'b' }] },
      { topic: invoices, messages: [{ value: 'c' }] },
    ];
    const before = structuredClone(topicMessages);
    await producer.sendBatch({ topicMessages });
    expect(topicMessages).toEqual(before);
    expect((await recorder.take(`send ${orders}`)).attributes['messaging.batch.message_count']).toBe(2);
    const single = await recorder.take(`send ${invoices}`);
    expect(single.attributes['messaging.batch.message_count']).toBeUndefined();
    const arrived = deferred<KafkaMessage>();
    const consumer = await consumerOf(invoices);
    await consumer.run({ eachMessage: async ({ message }) => arrived.resolve(message) });
    expect(String((await arrived.promise).headers?.traceparent)).toBe(`00-${single.traceId}-${single.spanId}-01`);
    await recorder.take(`process ${invoices}`);
    await consumer.disconnect();
  });

  it('links to the trace contexts that messages of a batch have already, which stay', async () => {
    const topic = await createTopic(kafka);
    const messages = [{ value: 'a', headers: { traceparent: Buffer.from(foreign) } }, { value: 'b' }];
    await producer.send({ topic, messages });
    const sent = await recorder.take(`send ${topic}`);
    expect(sent.links).toEqual([{ traceId: FOREIGN_TRACE, spanId: 'b7ad6b7169203331' }]);
    const consumer = await consumerOf(topic);
    await consumer.run({ eachMessage: async () => {} });
    const [relayed, own] = [await recorder.take(`process ${topic}`), await recorder.take(`process ${topic}`)];
    expect([relayed.traceId, own.traceId]).toEqual([FOREIGN_TRACE, sent.traceId]);
    await consumer.disconnect();
  });

  it('says the group, the partition and the offset of a message, and that it is a tombstone', async () => {
    const topic = await createTopic(kafka);
    await producer.send({ topic, messages: [{ key: 'order-7', value: null }] });
    const consumer = await consumerOf(topic);
    await consumer.run({ eachMessage: async () => {} });
    const sent = await recorder.take(`send ${topic}`);
    const handled = await recorder.take(`process ${topic}`);
    expect(sent.attributes['kafka.message.tombstone']).toBe(true);
    expect(handled.attributes).toMatchObject({
      'messaging.consumer.group.name': `group-${topic}`,
      'messaging.destination.partition.id': '0',
      'kafka.offset': 0,
      'kafka.message.tombstone': true,
    });
    await consumer.disconnect();
  });

  it('counts the deliveries of a message that fails, and no other', async () => {
    const topic = await createTopic(kafka);
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] });
    const failures: Record<string, number> = { a: 2, b: 0 };
    const consumer = await consumerOf(topic);
    await consumer.run({
      async eachMessage({ message }) {
        const body = String(message.value);
        failures[body] = (failures[body] ?? 0) - 1;
        if ((failures[body] ?? 0) >= 0) throw new NotYet('not yet');
      },
    });
    await recorder.take(`send ${topic}`);
    const counts: unknown[] = [];
    for (const _ of 'aaab') {
      counts.push((await recorder.take(`process ${topic}`, 20_000)).attributes['throughline.message.delivery_count']);
    }
    expect(counts).toEqual([undefined, 2, 3, undefined]);
    await consumer.disconnect();
  });

  it('makes a batch whose handler fails an error, and tries it again', async () => {
    const topic = await createTopic(kafka);
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] });
    let batches = 0;
    const consumer = await consumerOf(topic);
    await consumer.run({
      async eachBatch() {
        batches += 1;
        if (batches === 1) throw new NotYet('not yet');
      },
    });
    await recorder.take(`send ${topic}`);
    const [first, second] = [await recorder.take(`process ${topic}`), await recorder.take(`process ${topic}`, 20_000)];
    expect([first.attributes['error.type'], second.status]).toEqual(['NotYet', 'UNSET']);
    expect([first.links.length, second.links.length]).toEqual([2, 2]);
    await consumer.disconnect();
  });

  it('traces what a transaction sends', async () => {
    const topic = await createTopic(kafka);
    const transactional = traceProducer(
      kafka.producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 }),
    );
    await transactional.connect();
    const transaction = await transactional.transaction();
    await transaction.send({ topic, messages: [{ value: 'a' }] });
    await transaction.commit();
    const sent = await recorder.take(`send ${topic}`);
    const arrived: Deferred<void> = deferred();
    const consumer = await consumerOf(topic);
    await consumer.run({ eachMessage: async () => arrived.resolve() });
    await arrived.promise;
    expect((await recorder.take(`process ${topic}`)).parentSpanId).toBe(sent.spanId);
    await consumer.disconnect();
    await transactional.disconnect();
  });

  it('leaves what is no message to kafkajs, which says what is wrong with it', async () => {
    await expect(producer.send({ topic: 'orders', messages: undefined as never })).rejects.toThrow('Invalid messages');
    await expect(producer.sendBatch({ topicMessages: [{ topic: '', messages: [] }] })).rejects.toThrow('Invalid topic');
    expect((await recorder.take('send')).status).toBe('ERROR');
  });

  it('makes one span for a producer that is traced twice', async () => {
    const topic = await createTopic(kafka);
    await traceProducer(producer).send({ topic, messages: [{ value: 'a' }] });
    await recorder.take(`send ${topic}`);
  });

  it('says what is wrong with its arguments', () => {
    expect(() => traceProducer({} as Producer)).toThrow('[kafkajs] Expected a producer.');
    expect(() => traceConsumer({} as Consumer)).toThrow('[kafkajs] Expected a consumer.');
    expect(() => traceProducer(producer, { onStart: 'yes' as never })).toThrow('Expected `onStart` to be a function');
  });
});
