import { createMessageConsumer, type MessagingOptions } from '@throughline/core/message-consumer';
import { createMessageProducer } from '@throughline/core/message-producer';
import type { Consumer, Producer, Transaction } from 'kafkajs';
import { tracedHandlers } from './kafkajs-handlers.ts';
import { traceSender } from './kafkajs-sender.ts';

export type { MessagingOptions } from '@throughline/core/message-consumer';

// Registered symbols, so that two copies of this package trace an object once.
const TRACED = Symbol.for('throughline.traced-kafkajs');

/**
 * Traces what a producer sends, in transactions too; returns the producer. What is sent by one call to one topic has one
 * PRODUCER span, however many messages it is. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const producer = traceProducer(kafka.producer());
 */
export function traceProducer<Traced extends Pick<Producer, 'send' | 'sendBatch' | 'transaction'>>(
  producer: Traced,
  options?: MessagingOptions,
): Traced {
  if (typeof producer?.sendBatch !== 'function') {
    throw new TypeError('[kafkajs] Expected a producer. Pass what `kafka.producer()` returns.');
  }
  const produce = createMessageProducer('kafkajs', 'kafka', options);
  if (!markTraced(producer)) return producer;
  traceSender(producer, produce);
  const { transaction } = producer;
  producer.transaction = async (): Promise<Transaction> => {
    const begun = await transaction.call(producer);
    traceSender(begun, produce);
    return begun;
  };
  return producer;
}

/**
 * Traces the handlers that a consumer is run with; returns the consumer. Call it before `run`. `eachMessage` has a CONSUMER
 * span for each message, `eachBatch` one for each batch. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const consumer = traceConsumer(kafka.consumer({ groupId: 'billing' }));
 */
export function traceConsumer<Traced extends Pick<Consumer, 'run' | 'on' | 'events'>>(
  consumer: Traced,
  options?: MessagingOptions,
): Traced {
  if (typeof consumer?.run !== 'function' || typeof consumer.on !== 'function') {
    throw new TypeError('[kafkajs] Expected a consumer. Pass what `kafka.consumer()` returns.');
  }
  const tracing = createMessageConsumer('kafkajs', 'kafka', options);
  if (!markTraced(consumer)) return consumer;
  let group: string | undefined;
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    group = payload.groupId;
  });
  const { run } = consumer;
  consumer.run = (config) =>
    run.call(consumer, config === undefined ? config : { ...config, ...tracedHandlers(config, tracing, () => group) });
  return consumer;
}

function markTraced(object: object): boolean {
  if (TRACED in object) return false;
  Object.defineProperty(object, TRACED, { value: true });
  return true;
}
