import { errorMonitor } from 'node:events';
import type { Attributes } from '@opentelemetry/api';
import { errorMessage } from '@throughline/core';
import type { MessageConsumer, MessageSpan } from '@throughline/core/message-consumer';
import {
  ATTR_DELIVERY_COUNT,
  ATTR_MESSAGING_MESSAGE_CONVERSATION_ID,
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_RABBITMQ_DESTINATION_ROUTING_KEY,
  ATTR_RABBITMQ_MESSAGE_DELIVERY_TAG,
  ATTR_REDELIVERED,
  ATTR_SETTLEMENT,
} from '@throughline/core/messaging-attributes';
import type { Channel, ConsumeMessage, Message, Options } from 'amqplib';
import { destinationName, queueTemplate } from './amqplib-connection.ts';

type Settlement = 'ack' | 'nack' | 'reject' | 'requeue';
/** A message whose span waits for its handler to be through and for its settlement. */
type Delivery = { readonly span: MessageSpan; handled: boolean; settled: boolean };

// A broker without a prefetch limit sends as much as there is; a consumer that never settles is to cost little.
const MAX_OPEN = 10_000;

/** Makes a channel trace the messages that it consumes. */
export function traceDeliveries(channel: Channel, consumer: MessageConsumer, peer: Readonly<Attributes>): void {
  const open = new Map<number, Delivery>();
  let lastError: unknown;

  const consume = channel.consume.bind(channel);
  channel.consume = function tracedConsume(
    queue: string,
    onMessage: (message: ConsumeMessage | null) => unknown,
    options?: Options.Consume,
    ...rest: []
  ) {
    const settles = options?.noAck !== true;
    const traced = (message: ConsumeMessage | null): unknown =>
      message === null ? onMessage(null) : handle(queue, message, onMessage, settles);
    return consume(queue, traced, options, ...rest);
  };

  function handle(
    queue: string,
    message: ConsumeMessage,
    onMessage: (message: ConsumeMessage) => unknown,
    settles: boolean,
  ): unknown {
    const { exchange, routingKey, deliveryTag } = message.fields;
    const span = consumer.begin({
      destination: destinationName(exchange, routingKey, queue),
      template: queueTemplate(queue),
      attributes: deliveryAttributes(peer, message),
      metadata: message.properties.headers,
    });
    if (!settles) return span.handle(() => onMessage(message));
    const delivery: Delivery = { span, handled: false, settled: false };
    if (open.size < MAX_OPEN) open.set(deliveryTag, delivery);
    else delivery.settled = true;
    return span.handle(
      () => onMessage(message),
      () => {
        delivery.handled = true;
        if (delivery.settled) span.end();
      },
    );
  }

  function settle(tag: number, upTo: boolean, how: Settlement): void {
    for (const known of upTo ? open.keys() : [tag]) {
      if (known > tag) break; // tags of a channel come in order
      const delivery = open.get(known);
      if (delivery === undefined) continue;
      open.delete(known);
      delivery.settled = true;
      delivery.span.span.setAttribute(ATTR_SETTLEMENT, how);
      if (how !== 'ack') delivery.span.refuse(how);
      if (delivery.handled) delivery.span.end();
    }
  }

  const { ack, ackAll, nack, nackAll, reject } = channel;
  channel.ack = function tracedAck(message: Message, allUpTo = false) {
    ack.call(channel, message, allUpTo);
    settle(message.fields.deliveryTag, allUpTo, 'ack');
  };
  channel.ackAll = function tracedAckAll() {
    ackAll.call(channel);
    settle(Number.POSITIVE_INFINITY, true, 'ack');
  };
  channel.nack = function tracedNack(message: Message, allUpTo = false, requeue = true) {
    nack.call(channel, message, allUpTo, requeue);
    settle(message.fields.deliveryTag, allUpTo, requeue ? 'requeue' : 'nack');
  };
  channel.nackAll = function tracedNackAll(requeue = true) {
    nackAll.call(channel, requeue);
    settle(Number.POSITIVE_INFINITY, true, requeue ? 'requeue' : 'nack');
  };
  channel.reject = function tracedReject(message: Message, requeue = true) {
    reject.call(channel, message, requeue);
    settle(message.fields.deliveryTag, false, requeue ? 'requeue' : 'reject');
  };

  channel.on(errorMonitor as never, (error: unknown) => {
    lastError = error;
  });
  channel.on('close', () => {
    for (const { span } of open.values()) {
      span.refuse('channel_closed', lastError === undefined ? undefined : errorMessage(lastError));
      span.end();
    }
    open.clear();
  });
}

function deliveryAttributes(peer: Readonly<Attributes>, { fields, properties }: ConsumeMessage): Attributes {
  const attributes: Attributes = { ...peer, [ATTR_RABBITMQ_MESSAGE_DELIVERY_TAG]: fields.deliveryTag };
  if (fields.routingKey !== '') attributes[ATTR_RABBITMQ_DESTINATION_ROUTING_KEY] = fields.routingKey;
  const { messageId, correlationId, headers } = properties;
  if (typeof messageId === 'string') attributes[ATTR_MESSAGING_MESSAGE_ID] = messageId;
  if (typeof correlationId === 'string') attributes[ATTR_MESSAGING_MESSAGE_CONVERSATION_ID] = correlationId;
  // Quorum queues count; the others say only that it was delivered before.
  const earlier: unknown = headers?.['x-delivery-count'];
  if (Number.isSafeInteger(earlier)) attributes[ATTR_DELIVERY_COUNT] = (earlier as number) + 1;
  else if (fields.redelivered) attributes[ATTR_REDELIVERED] = true;
  return attributes;
}
