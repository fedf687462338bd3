import { callSafely } from '@throughline/core';
import { type FieldReader, fieldReader } from '@throughline/core/carrier';

/**
 * Reads what travels beside a message, whatever transport brought it: packet metadata of TCP and Redis, headers of NATS,
 * Kafka and RabbitMQ, user properties of MQTT, metadata of gRPC. `args` is what Nest calls the handler with. Transports
 * are told apart by the methods of their objects, so that none is imported; the message itself is not looked at.
 */
export function messageMetadata(args: readonly unknown[]): FieldReader {
  return fieldReader(callSafely('message metadata', carrierOf, args));
}

/** The methods of Nest's message contexts; each transport has some. */
type MessageContext = {
  getMetadata?(): unknown;
  getHeaders?(): unknown;
  getMessage?(): { headers?: unknown; properties?: { headers?: unknown } } | undefined;
  getPacket?(): { properties?: { userProperties?: unknown } } | undefined;
};

function carrierOf([data, context]: readonly unknown[]): unknown {
  // A handler of whole gRPC streams has the call alone. Its metadata is an object with methods, which no message brings.
  if (typeof context !== 'object' || context === null) return callMetadata(data);
  const source: MessageContext = context;
  if (source.getMetadata !== undefined) return source.getMetadata();
  if (source.getHeaders !== undefined) return source.getHeaders();
  if (source.getPacket !== undefined) return source.getPacket()?.properties?.userProperties;
  if (source.getMessage === undefined) return source; // the metadata of gRPC
  const message = source.getMessage();
  return message?.headers ?? message?.properties?.headers;
}

function callMetadata(call: unknown): unknown {
  const { metadata } = (call ?? {}) as { metadata?: { get?: unknown } };
  return typeof metadata?.get === 'function' ? metadata : undefined;
}
