import type { Attributes } from '@opentelemetry/api';
import type { MessageConsumer } from '@throughline/core/message-consumer';
import {
  ATTR_DELIVERY_COUNT,
  ATTR_KAFKA_MESSAGE_TOMBSTONE,
  ATTR_KAFKA_OFFSET,
  ATTR_MESSAGING_CONSUMER_GROUP_NAME,
  ATTR_MESSAGING_DESTINATION_PARTITION_ID,
} from '@throughline/core/messaging-attributes';
import type { ConsumerRunConfig, EachBatchPayload, EachMessagePayload } from 'kafkajs';

/** The handlers of a consumer, each in the span of what it handles. */
export function tracedHandlers(
  config: ConsumerRunConfig,
  consumer: MessageConsumer,
  group: () => string | undefined,
): Pick<ConsumerRunConfig, 'eachMessage' | 'eachBatch'> {
  const { eachMessage, eachBatch } = config;
  const failures = new Failures();

  function attributesOf(partition: number): Attributes {
    const attributes: Attributes = { [ATTR_MESSAGING_DESTINATION_PARTITION_ID]: String(partition) };
    const name = group();
    if (name !== undefined) attributes[ATTR_MESSAGING_CONSUMER_GROUP_NAME] = name;
    return attributes;
  }

  async function tracedEachMessage(payload: EachMessagePayload): Promise<void> {
    const { topic, partition, message } = payload;
    const attributes = attributesOf(partition);
    const offset = Number(message.offset);
    if (Number.isSafeInteger(offset)) attributes[ATTR_KAFKA_OFFSET] = offset;
    if (message.value === null) attributes[ATTR_KAFKA_MESSAGE_TOMBSTONE] = true;
    const earlier = failures.of(payload);
    if (earlier > 0) attributes[ATTR_DELIVERY_COUNT] = earlier + 1;
    const span = consumer.begin({ destination: topic, attributes, metadata: message.headers });
    failures.add(payload, earlier + 1);
    await span.handle(() => eachMessage?.(payload));
    failures.forget(payload);
  }

  async function tracedEachBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch;
    const metadata = messages.map(({ headers }) => headers);
    const span = consumer.beginBatch({ destination: topic, attributes: attributesOf(partition), metadata });
    await span.handle(() => eachBatch?.(payload));
  }

  return {
    ...(typeof eachMessage === 'function' && { eachMessage: tracedEachMessage }),
    ...(typeof eachBatch === 'function' && { eachBatch: tracedEachBatch }),
  };
}

// Kafka does not count deliveries. kafkajs tries the message that failed again before any other of its partition.
class Failures {
  readonly #last = new Map<string, { readonly offset: string; readonly count: number }>();

  of({ topic, partition, message }: EachMessagePayload): number {
    const last = this.#last.get(`${partition} ${topic}`);
    return last?.offset === message.offset ? last.count : 0;
  }

  add({ topic, partition, message }: EachMessagePayload, count: number): void {
    this.#last.set(`${partition} ${topic}`, { offset: message.offset, count });
  }

  forget({ topic, partition }: EachMessagePayload): void {
    this.#last.delete(`${partition} ${topic}`);
  }
}
