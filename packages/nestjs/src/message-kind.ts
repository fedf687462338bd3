import { type Attributes, SpanKind } from '@opentelemetry/api';
import {
  ATTR_MESSAGING_DESTINATION_NAME,
  ATTR_MESSAGING_DESTINATION_TEMPLATE,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM_NAME,
} from '@throughline/core/messaging-attributes';

/** What the span of a message is called and says. */
export type MessageKind = { readonly name: string; readonly kind: SpanKind; readonly attributes: Attributes };

/**
 * A message that wants an answer, as a remote procedure call: the span has the pattern's name.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/ (release candidate)
 */
export function requestKind(pattern: string, kind: SpanKind.SERVER | SpanKind.CLIENT, system = 'nestjs'): MessageKind {
  return { name: pattern, kind, attributes: { 'rpc.system.name': system, 'rpc.method': pattern } };
}

/**
 * A message that wants none, as an event: the span is named `process` or `send` and the pattern.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ (in development)
 */
export function eventKind(
  pattern: string,
  operation: 'process' | 'send',
  system = 'nestjs',
  destination = pattern,
): MessageKind {
  const attributes: Attributes = {
    [ATTR_MESSAGING_SYSTEM_NAME]: system,
    [ATTR_MESSAGING_OPERATION_NAME]: operation,
    [ATTR_MESSAGING_OPERATION_TYPE]: operation,
    [ATTR_MESSAGING_DESTINATION_NAME]: destination,
  };
  if (destination !== pattern) attributes[ATTR_MESSAGING_DESTINATION_TEMPLATE] = pattern;
  return {
    name: `${operation} ${pattern}`,
    kind: operation === 'send' ? SpanKind.PRODUCER : SpanKind.CONSUMER,
    attributes,
  };
}

const MAX_LENGTH = 256;

/** The text of a pattern, which may be an object; those of gRPC read as `Service/method`. At most 256 characters. */
export function patternText(pattern: unknown): string {
  return plainText(pattern).slice(0, MAX_LENGTH);
}

function plainText(pattern: unknown): string {
  if (typeof pattern !== 'object' || pattern === null) return String(pattern);
  const { service, rpc } = pattern as { service?: unknown; rpc?: unknown };
  if (typeof service === 'string' && typeof rpc === 'string') return `${service}/${rpc}`;
  try {
    return JSON.stringify(pattern);
  } catch {
    return '_OTHER'; // what the conventions call a method that cannot be named
  }
}
