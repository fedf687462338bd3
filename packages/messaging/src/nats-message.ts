import type { Attributes } from '@opentelemetry/api';
import { ATTR_DELIVERY_COUNT, ATTR_MESSAGING_CONSUMER_GROUP_NAME } from '@throughline/core/messaging-attributes';

/** As much of a message of NATS or JetStream as its span is about. */
export type NatsMessage = {
  readonly subject: string;
  readonly headers?: unknown;
  /** There in JetStream only; the count has another name in `nats`. */
  readonly info?: { readonly consumer: string; readonly deliveryCount?: number; readonly redeliveryCount?: number };
};

/** What is known of a delivered message, and of who takes it: the queue group, or the consumer of JetStream. */
export function attributesOf(server: Readonly<Attributes>, { info }: NatsMessage, group?: string): Attributes {
  const attributes: Attributes = { ...server };
  const name = group ?? info?.consumer;
  if (name !== undefined && name !== '') attributes[ATTR_MESSAGING_CONSUMER_GROUP_NAME] = name;
  const count = info?.deliveryCount ?? info?.redeliveryCount;
  if (count !== undefined) attributes[ATTR_DELIVERY_COUNT] = count;
  return attributes;
}

/** The attributes that say which server `host:port` is. */
export function serverOf(server: string): Readonly<Attributes> {
  const colon = server.lastIndexOf(':');
  if (colon < 0) return server === '' ? {} : { 'server.address': server };
  const address = server.slice(0, colon).replace(/^\[|\]$/g, '');
  return { 'server.address': address, 'server.port': Number(server.slice(colon + 1)) };
}

/** Whether a subject is the server's own, such as the interface of JetStream: nobody's message. */
export function isOfTheSystem(subject: unknown): boolean {
  return typeof subject !== 'string' || subject.startsWith('$');
}
