import type { Attributes, Span, TracerProvider } from '@opentelemetry/api';
import type { Propagate } from '../client/http-call.ts';
import type { CorrelationOptions } from '../correlation.ts';
import {
  ATTR_MESSAGING_DESTINATION_NAME,
  ATTR_MESSAGING_DESTINATION_TEMPLATE,
  ATTR_MESSAGING_DESTINATION_TEMPORARY,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM_NAME,
} from '../messaging-attributes.ts';
import { is, type OptionChecks } from '../options.ts';
import { callSafely } from '../span/failure.ts';

/** The options of all messaging adapters; those of one side only mean nothing to the other. */
export type MessagingOptions = {
  /**
   * Where spans are made.
   * @default the provider registered with `@opentelemetry/api`
   */
  tracerProvider?: TracerProvider;
  /**
   * Which messages carry trace context, baggage and the correlation ID: all, none, or each by itself (what an object
   * leaves out is not sent). The span is made in any case.
   * @default all of them, to every destination
   */
  propagate?: (destination: string) => boolean | Propagate;
  /**
   * What the span of a handler is to the span of the sender: its child, in one trace; or the root of a trace of its own,
   * linked to the sender's, for messages that wait for days or go to very many consumers. Batches always link.
   * @default 'parent'
   */
  relation?: 'parent' | 'link';
  /**
   * A name of low cardinality for a destination, to name spans by, where it has ids in it: `orders.4711` → `orders.*`.
   * `undefined` leaves the destination as it is, an empty text keeps it out of the name.
   * @default the destination, or the pattern that was subscribed to
   */
  template?: (destination: string) => string | undefined;
  /** Where the correlation ID of a message comes from; `headers` are the names that it may have beside the message. */
  correlation?: CorrelationOptions;
  /** Called when the span has started; a hook that throws changes nothing. */
  onStart?: (span: Span, destination: string) => void;
  /** Called just before the span ends; a hook that throws changes nothing. */
  onEnd?: (span: Span, destination: string) => void;
};

export const messagingOptionChecks: OptionChecks<MessagingOptions> = {
  tracerProvider: is.tracerProvider,
  propagate: is.function,
  relation: ["'parent' or 'link'", (value) => value === 'parent' || value === 'link'],
  template: is.function,
  correlation: is.object,
  onStart: is.function,
  onEnd: is.function,
};

/** The links of a batch: what OpenTelemetry's SDKs keep of the links of a span, unless told otherwise. */
export const MAX_LINKS = 128;

/** What is done to a message, in the words of its system. */
export type MessageOperation = {
  /** The queue, topic or subject, as `messaging.destination.name` is to have it. */
  readonly destination: string;
  /** What spans are named by, if not by the destination; an empty text for one that is temporary. */
  readonly template?: string | undefined;
  /** What else is known, such as attributes of this system alone. They must be the caller's to give away. */
  readonly attributes?: Attributes;
};

/** Names and describes an operation. What a sampler may want to see is all there before the span starts. */
export function describeOperation(
  { destination, template, attributes = {} }: MessageOperation,
  system: string,
  operation: string,
  type: 'send' | 'process',
  chosenTemplate: MessagingOptions['template'],
): { name: string; attributes: Attributes } {
  const chosen = chosenTemplate === undefined ? undefined : callSafely('template', chosenTemplate, destination);
  const shown = typeof chosen === 'string' ? chosen : (template ?? destination);
  attributes[ATTR_MESSAGING_SYSTEM_NAME] = system;
  attributes[ATTR_MESSAGING_OPERATION_NAME] = operation;
  attributes[ATTR_MESSAGING_OPERATION_TYPE] = type;
  attributes[ATTR_MESSAGING_DESTINATION_NAME] = destination.slice(0, MAX_NAME_LENGTH);
  if (template === '') attributes[ATTR_MESSAGING_DESTINATION_TEMPORARY] = true;
  if (shown === '') return { name: operation, attributes };
  if (shown !== destination) attributes[ATTR_MESSAGING_DESTINATION_TEMPLATE] = shown.slice(0, MAX_NAME_LENGTH);
  return { name: `${operation} ${shown.slice(0, MAX_NAME_LENGTH)}`, attributes };
}

const MAX_NAME_LENGTH = 256;
