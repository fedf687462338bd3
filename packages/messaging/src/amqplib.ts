import type { EventEmitter } from 'node:events';
import { createMessageConsumer, type MessagingOptions } from '@throughline/core/message-consumer';
import { createMessageProducer } from '@throughline/core/message-producer';
import { peerOf } from './amqplib-connection.ts';
import { traceDeliveries } from './amqplib-deliveries.ts';
import { tracePublishing } from './amqplib-publishing.ts';

export type { MessagingOptions } from '@throughline/core/message-consumer';

type AnyFunction = (...args: never[]) => unknown;

/** As much of a channel of amqplib as it takes to trace it; those of its promise API and of its callback API fit. */
export type AmqpChannel = EventEmitter & {
  readonly connection: object;
  publish: AnyFunction;
  sendToQueue: AnyFunction;
  consume: AnyFunction;
  ack: AnyFunction;
  ackAll: AnyFunction;
  nack: AnyFunction;
  nackAll: AnyFunction;
  reject: AnyFunction;
};

// A registered symbol, so that two copies of this package trace a channel once.
const TRACED = Symbol.for('throughline.traced-channel');

/**
 * Traces what a channel publishes and consumes; returns the channel. Call it before `consume`. A channel that was traced
 * before stays as it is. Throws a `TypeError` for a wrong option.
 *
 * The span of a message that was published lasts until the broker confirms it, on a channel with confirms; that of one
 * that is handled, until the handler is through and the message is settled (`ack`, `nack`, `reject`), or the channel closes.
 *
 * @example
 * const channel = traceChannel(await connection.createConfirmChannel());
 */
export function traceChannel<Channel extends AmqpChannel>(channel: Channel, options?: MessagingOptions): Channel {
  if (typeof channel?.publish !== 'function' || typeof channel.consume !== 'function') {
    throw new TypeError('[amqplib] Expected a channel. Pass what `createChannel` or `createConfirmChannel` gives you.');
  }
  const produce = createMessageProducer('amqplib', 'rabbitmq', options);
  const consumer = createMessageConsumer('amqplib', 'rabbitmq', options);
  if (TRACED in channel) return channel;
  Object.defineProperty(channel, TRACED, { value: true });
  const peer = peerOf(channel.connection);
  tracePublishing(channel as never, produce, peer);
  traceDeliveries(channel as never, consumer, peer);
  return channel;
}
