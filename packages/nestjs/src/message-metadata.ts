import type { TextMapGetter } from '@opentelemetry/api';
import { callSafely } from '@throughline/core';

/** The text that a sender put beside a message under a name; `undefined` if none, or if it is no text. */
export type MessageMetadata = (name: string) => string | undefined;

/**
 * Reads what travels beside a message, whatever transport brought it: packet metadata of TCP and Redis, headers of NATS,
 * Kafka and RabbitMQ, user properties of MQTT, metadata of gRPC. `args` is what Nest calls the handler with. Transports
 * are told apart by the methods of their objects, so that none is imported; the message itself is not looked at.
 */
export function messageMetadata(args: readonly unknown[]): MessageMetadata {
  const carrier = callSafely('message metadata', carrierOf, args);
  return (name) => callSafely('message metadata', readText, carrier, name);
}

/** Lets OpenTelemetry's propagators read the metadata of a message. */
export const metadataGetter: TextMapGetter<MessageMetadata> = {
  keys: () => [], // what is asked for by pattern, such as Jaeger's baggage, is not found
  get: (metadata, name) => metadata(name),
};

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

function readText(carrier: unknown, name: string): string | undefined {
  if (typeof carrier !== 'object' || carrier === null) return undefined;
  if ('get' in carrier && typeof carrier.get === 'function') return textOf(carrier.get(name));
  return Object.hasOwn(carrier, name) ? textOf((carrier as Record<string, unknown>)[name]) : undefined;
}

function textOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return first === '' ? undefined : first;
  return first instanceof Uint8Array ? Buffer.from(first).toString('utf8') : undefined;
}
