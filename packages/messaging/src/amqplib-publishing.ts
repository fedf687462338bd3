import { type Attributes, context, trace } from '@opentelemetry/api';
import { extractContext } from '@throughline/core';
import type { MessageProducer, MessageSpan } from '@throughline/core/message-producer';
import {
  ATTR_MESSAGING_MESSAGE_CONVERSATION_ID,
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_RABBITMQ_DESTINATION_ROUTING_KEY,
} from '@throughline/core/messaging-attributes';
import type { Channel, ConfirmChannel, Message, Options } from 'amqplib';
import { destinationName, queueTemplate } from './amqplib-connection.ts';

const RETURN_PATIENCE_MS = 1000;
const MAX_AWAITED = 1000;

/** Makes a channel trace what it publishes; `sendToQueue` publishes too. */
export function tracePublishing(channel: Channel, produce: MessageProducer, peer: Readonly<Attributes>): void {
  const publish = (channel as ConfirmChannel).publish.bind(channel);
  const confirms = 'waitForConfirms' in channel;
  /** The spans of messages that the broker may still return or confirm, by span id. */
  const awaited = new Map<string, MessageSpan>();

  channel.publish = function tracedPublish(
    exchange: string,
    routingKey: string,
    content: Buffer,
    options?: Options.Publish,
    ...rest: unknown[]
  ): boolean {
    const span = produce({
      operation: 'publish',
      destination: destinationName(exchange, routingKey),
      template: exchange === '' ? queueTemplate(routingKey) : exchange,
      attributes: publishAttributes(peer, routingKey, options),
      headers: options?.headers,
    });
    const carrying = withFields(options, span);
    if (!confirms && options?.mandatory !== true) {
      return span.follow(() => publish(exchange, routingKey, content, carrying));
    }
    const id = span.span.spanContext().spanId;
    if (!confirms)
      return span.follow(
        () => publish(exchange, routingKey, content, carrying),
        () => awaitReturn(id, span),
      );
    const confirmed = confirmedBy(id, span, rest[0]);
    return span.follow(
      () => publish(exchange, routingKey, content, carrying, confirmed),
      () => awaited.set(id, span),
    );
  } as Channel['publish'];

  function confirmedBy(id: string, span: MessageSpan, callback: unknown): (error: unknown, ok: object) => void {
    const bound = typeof callback === 'function' ? context.bind(context.active(), callback) : undefined;
    return (error, ok) => {
      awaited.delete(id);
      if (error === null || error === undefined) span.end();
      else span.fail(error);
      bound?.(error, ok);
    };
  }

  // Only a channel with confirms says that a message was not returned: here, one second without is taken for it.
  function awaitReturn(id: string, span: MessageSpan): void {
    if (awaited.size >= MAX_AWAITED) {
      span.end();
      return;
    }
    const publishedAt = performance.now();
    awaited.set(id, span);
    setTimeout(() => {
      awaited.delete(id);
      span.end(publishedAt);
    }, RETURN_PATIENCE_MS).unref();
  }

  channel.on('return', (message) => {
    const sent = trace.getSpanContext(extractContext(message.properties.headers));
    const span = sent === undefined ? undefined : awaited.get(sent.spanId);
    span?.refuse(returnReason(message));
    if (!confirms) span?.end();
  });
  channel.on('close', () => {
    for (const span of awaited.values()) {
      if (confirms) span.refuse('channel_closed');
      span.end();
    }
    awaited.clear();
  });
}

function publishAttributes(
  peer: Readonly<Attributes>,
  routingKey: string,
  options: Options.Publish | undefined,
): Attributes {
  const attributes: Attributes = { ...peer };
  if (routingKey !== '') attributes[ATTR_RABBITMQ_DESTINATION_ROUTING_KEY] = routingKey;
  if (options?.messageId !== undefined) attributes[ATTR_MESSAGING_MESSAGE_ID] = options.messageId;
  if (options?.correlationId !== undefined) attributes[ATTR_MESSAGING_MESSAGE_CONVERSATION_ID] = options.correlationId;
  return attributes;
}

// The caller's objects are prototypes of what is sent, as amqplib itself does it: nothing of theirs is changed or lost.
function withFields(options: Options.Publish | undefined, { fields }: MessageSpan): Options.Publish | undefined {
  const headers: unknown = options?.headers ?? null;
  if (typeof headers !== 'object' || Object.keys(fields).length === 0) return options;
  return Object.assign(Object.create(options ?? null), { headers: Object.assign(Object.create(headers), fields) });
}

function returnReason({ fields }: Message): string {
  const { replyText } = fields as { replyText?: unknown };
  return typeof replyText === 'string' && /^[A-Z_]{1,64}$/.test(replyText) ? replyText : 'returned';
}
