import { createMessageConsumer, type MessagingOptions } from '@throughline/core/message-consumer';
import { createMessageProducer } from '@throughline/core/message-producer';
import { type HeadersFactory, withFields } from './nats-headers.ts';
import { attributesOf, isOfTheSystem, type NatsMessage, serverOf } from './nats-message.ts';

export type { MessagingOptions } from '@throughline/core/message-consumer';
export { type HandlerOptions, tracedHandler } from './nats-handler.ts';
export type { HeadersFactory } from './nats-headers.ts';

type AnyFunction = (...args: never[]) => unknown;

/** As much of a connection to NATS as it takes to trace it; those of `nats` and of `@nats-io/transport-node` fit. */
export type NatsConnection = {
  publish: AnyFunction;
  request: AnyFunction;
  requestMany: AnyFunction;
  subscribe: AnyFunction;
  getServer(): string;
};

// A registered symbol, so that two copies of this package trace a connection once.
const TRACED = Symbol.for('throughline.traced-nats');

/**
 * Traces what a connection publishes and requests, and what it delivers to callbacks of subscriptions; returns the
 * connection. `headers` is the function of that name that your NATS package exports. What you take from an iterator, or from
 * JetStream, is traced by `tracedHandler`. Throws a `TypeError` for a wrong option.
 *
 * @example
 * import { connect, headers } from '@nats-io/transport-node';
 * const nc = traceConnection(await connect(), headers);
 */
export function traceConnection<Connection extends NatsConnection>(
  nc: Connection,
  headers: HeadersFactory,
  options?: MessagingOptions,
): Connection {
  if (typeof nc?.publish !== 'function' || typeof nc.subscribe !== 'function') {
    throw new TypeError('[nats] Expected a connection. Pass what `connect()` resolves with.');
  }
  if (typeof headers !== 'function') {
    throw new TypeError(
      '[nats] Expected `headers` to be a function. Pass the `headers` that your NATS package exports.',
    );
  }
  const produce = createMessageProducer('nats', 'nats', options);
  const consumer = createMessageConsumer('nats', 'nats', options);
  if (TRACED in nc) return nc;
  Object.defineProperty(nc, TRACED, { value: true });
  const server = serverOf(nc.getServer());
  // A request publishes and subscribes by the methods that we replace.
  let requesting = false;

  function tracedSending<Method extends AnyFunction>(operation: 'publish' | 'request', untraced: Method): Method {
    const send = untraced as unknown as (subject: string, payload?: unknown, options?: object) => unknown;
    return function tracedSend(this: unknown, subject: string, payload?: unknown, given?: { headers?: never }) {
      if (requesting || isOfTheSystem(subject)) return send.call(nc, subject, payload, given);
      const template = isInbox(subject) ? '' : undefined;
      const own = given?.headers;
      const span = produce({ operation, destination: subject, template, attributes: { ...server }, headers: own });
      const sent = withFields(nc, headers, payload, given, span.fields);
      return span.follow(() => {
        requesting = operation === 'request';
        try {
          return send.call(nc, subject, payload, sent);
        } finally {
          requesting = false;
        }
      });
    } as unknown as Method;
  }

  const subscribe = nc.subscribe as unknown as (subject: string, given?: Subscribing) => unknown;
  nc.publish = tracedSending('publish', nc.publish);
  nc.request = tracedSending('request', nc.request);
  nc.requestMany = tracedSending('request', nc.requestMany);
  nc.subscribe = function tracedSubscribe(subject: string, given?: Subscribing) {
    const callback = given?.callback;
    // Answers to requests, and what JetStream delivers, which is not handled yet.
    if (requesting || typeof callback !== 'function' || isInbox(subject) || isOfTheSystem(subject)) {
      return subscribe.call(nc, subject, given);
    }
    const traced = (error: Error | null, message: NatsMessage): unknown => {
      if (error) return callback(error, message);
      const attributes = attributesOf(server, message, given?.queue);
      const span = consumer.begin({
        destination: message.subject,
        template: subject,
        attributes,
        metadata: message.headers,
      });
      return span.handle(() => callback(null, message));
    };
    return subscribe.call(nc, subject, { ...given, callback: traced });
  } as unknown as Connection['subscribe'];
  return nc;

  function isInbox(subject: string): boolean {
    const { inboxPrefix = '_INBOX' } = (nc as { options?: { inboxPrefix?: string } }).options ?? {};
    return subject.startsWith(`${inboxPrefix}.`);
  }
}

type Subscribing = { callback?: (error: Error | null, message: NatsMessage) => unknown; queue?: string };
