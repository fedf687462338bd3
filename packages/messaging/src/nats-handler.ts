import { createMessageConsumer, type MessagingOptions } from '@throughline/core/message-consumer';
import { attributesOf, type NatsMessage } from './nats-message.ts';

/** The options of {@link tracedHandler}: those of both sides but for `propagate`. */
export type HandlerOptions = Omit<MessagingOptions, 'propagate'>;

/**
 * Makes a handler that runs in the span of the message it is called with, for messages that you take from the iterator of
 * a subscription or from JetStream. Returns and throws what your handler does. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const handle = tracedHandler(async (message: JsMsg) => { await ship(message.json()); message.ack(); });
 * for await (const message of await consumer.consume()) await handle(message);
 */
export function tracedHandler<Message extends NatsMessage, Result>(
  handler: (message: Message) => Result,
  options?: HandlerOptions,
): (message: Message) => Result {
  if (typeof handler !== 'function') {
    throw new TypeError('[nats] Expected `handler` to be a function. Pass what is to be done with a message.');
  }
  const consumer = createMessageConsumer('nats', 'nats', options);
  return function tracedHandler(message) {
    const attributes = attributesOf({}, message);
    const span = consumer.begin({ destination: message.subject, attributes, metadata: message.headers });
    return span.handle(() => handler(message));
  };
}
