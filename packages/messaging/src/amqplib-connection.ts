import type { Socket } from 'node:net';
import type { Attributes } from '@opentelemetry/api';

/** The attributes that say which broker a connection of amqplib leads to. */
export function peerOf(connection: object): Readonly<Attributes> {
  const { remoteAddress, remotePort } = (connection as { stream?: Partial<Socket> }).stream ?? {};
  if (remoteAddress === undefined || remotePort === undefined) return {};
  return {
    'server.address': remoteAddress,
    'server.port': remotePort,
    'network.peer.address': remoteAddress,
    'network.peer.port': remotePort,
  };
}

/**
 * The name of a destination by the conventions for RabbitMQ: its parts that are not empty, joined by colons, and the
 * name that the broker has for an exchange without one if there are none.
 */
export function destinationName(...parts: readonly string[]): string {
  return parts.filter((part, index) => part !== '' && parts.indexOf(part) === index).join(':') || 'amq.default';
}

/** What to name a span by that is about a queue: nothing, if its name was made up by the broker. */
export function queueTemplate(queue: string): string {
  return /^amq\.(gen-|rabbitmq\.reply-to)/.test(queue) ? '' : queue;
}
