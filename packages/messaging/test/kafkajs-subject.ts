import { randomUUID } from 'node:crypto';
import { traceConsumer, traceProducer } from '@throughline/messaging/kafkajs';
import type { KitDelivery, KitMessage, MessageSubjectOptions, TracedMessaging } from '@throughline/testkit';
import { Kafka, type KafkaMessage, logLevel, type Message } from 'kafkajs';
import { createKafkaTopic } from '../../../test/kafka-topic.ts';

/** A client of a broker that tries again soon and says nothing. */
export function kafkaOf(broker: string): Kafka {
  return new Kafka({ brokers: [broker], retry: { initialRetryTime: 30, retries: 20 }, logLevel: logLevel.NOTHING });
}

/** Creates a topic with one partition, and says its name. */
export async function createTopic(kafka: Kafka): Promise<string> {
  const topic = `kit-${randomUUID()}`;
  await createKafkaTopic(kafka, topic);
  return topic;
}

/** Makes what the contract kit sends and consumes by of a traced producer and a traced consumer. */
export async function startKafkajs(broker: string, options: MessageSubjectOptions): Promise<TracedMessaging> {
  const kafka = kafkaOf(broker);
  const topic = await createTopic(kafka);
  const producer = traceProducer(kafka.producer(), options);
  const consumer = traceConsumer(kafka.consumer({ groupId: topic, maxWaitTimeInMs: 50 }), options);
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic, fromBeginning: true });

  return {
    system: 'kafka',
    operation: 'send',
    destination: topic,
    send: (message) => producer.send({ topic, messages: [messageOf(message)] }),
    sendBatch: (messages) => producer.send({ topic, messages: messages.map(messageOf) }),
    sendInVain: () => producer.send({ topic, messages: [{} as Message] }),
    consume: (handler) =>
      consumer.run({
        async eachMessage({ message }) {
          await handler(delivery(message));
        },
      }),
    consumeBatch: (handler) =>
      consumer.run({
        async eachBatch({ batch }) {
          await handler(batch.messages.map(delivery));
        },
      }),
    async close() {
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
    },
  };
}

function messageOf({ body, headers }: KitMessage): Message {
  return Object.freeze({ value: body, ...(headers !== undefined && { headers }) });
}

function delivery({ value, headers }: KafkaMessage): KitDelivery {
  return { body: value?.toString() ?? null, header: (name) => headers?.[name]?.toString() };
}
