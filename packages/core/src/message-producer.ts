import { context, INVALID_SPAN_CONTEXT, type Link, SpanKind, trace } from '@opentelemetry/api';
import { carriedFields, EVERYTHING, extractFields, fieldReader, hasTraceContext, missingFields } from './carrier.ts';
import type { Propagate } from './client/http-call.ts';
import { isSuppressed, unsampledContext } from './context/suppression.ts';
import { MessageSpan } from './messaging/message-span.ts';
import {
  describeOperation,
  MAX_LINKS,
  type MessageOperation,
  type MessagingOptions,
  messagingOptionChecks,
} from './messaging/messaging-options.ts';
import { ATTR_MESSAGING_BATCH_MESSAGE_COUNT } from './messaging-attributes.ts';
import { checkOptions } from './options.ts';
import { callSafely } from './span/failure.ts';
import { VERSION } from './version.ts';

export type { MessageSpan } from './messaging/message-span.ts';
export type { MessageOperation, MessagingOptions } from './messaging/messaging-options.ts';

/** A message, or a batch of them, that is about to be handed to a queue's library. */
export type OutgoingMessage = MessageOperation & {
  /** What the system calls it: `publish`, `send`, `request`, `add`. */
  readonly operation: string;
  /** What the caller has put beside the message. It is only read: the message is the caller's. */
  readonly headers?: unknown;
  /** What the caller has put beside each message of a batch; each is to be given `missingFields` of the span's fields. */
  readonly batch?: readonly unknown[];
};

/** Starts the PRODUCER span of a message. Put its `fields` beside a copy of the message, and end it. */
export type MessageProducer = (message: OutgoingMessage) => MessageSpan;

/**
 * Prepares the tracing of what is sent to queues of one system; `component` is its name in errors and scopes. Throws a
 * `TypeError` for a wrong option.
 *
 * A trace context that the caller has put beside the message stays, and the span links to it: that is how a relay passes
 * on what it was given (conventions: "custom creation context"). Where tracing is suppressed the span is none.
 */
export function createMessageProducer(
  component: string,
  system: string,
  options: MessagingOptions = {},
): MessageProducer {
  checkOptions(component, options, messagingOptionChecks);
  const { tracerProvider = trace, propagate, template, onStart, onEnd } = options;
  const tracer = tracerProvider.getTracer(`@throughline/messaging/${component}`, VERSION);

  function start(message: OutgoingMessage): MessageSpan {
    const active = context.active();
    const { name, attributes } = describeOperation(message, system, message.operation, 'send', template);
    if (message.batch !== undefined) attributes[ATTR_MESSAGING_BATCH_MESSAGE_COUNT] = message.batch.length;
    const links = linksTo(message.batch ?? [message.headers]);
    const span = tracer.startSpan(name, { kind: SpanKind.PRODUCER, attributes, links }, active);
    const spanContext = trace.setSpan(active, span);
    const fields = carriedFields(spanContext, allowedBy(propagate, message.destination));
    if (onStart !== undefined) {
      context.with(spanContext, () => callSafely('onStart', onStart, span, message.destination));
    }
    return new MessageSpan(
      span,
      spanContext,
      missingFields(fields, message.headers),
      onEnd && ((ended) => onEnd(ended, message.destination)),
    );
  }

  return (message) => {
    const active = context.active();
    const span = isSuppressed(active) ? undefined : callSafely('tracerProvider', start, message);
    if (span !== undefined) return span;
    const unsampled = unsampledContext(active);
    const allowed = allowedBy(propagate, message.destination);
    const fields = unsampled === undefined ? {} : carriedFields(unsampled, allowed);
    return new MessageSpan(none, active, missingFields(fields, message.headers), undefined);
  };
}

const none = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

function allowedBy(propagate: MessagingOptions['propagate'], destination: string): Propagate {
  if (propagate === undefined) return EVERYTHING;
  const verdict = callSafely('propagate', propagate, destination) ?? false;
  return typeof verdict === 'object' ? verdict : { trace: verdict, baggage: verdict, correlation: verdict };
}

// To the trace contexts that the caller has put beside messages: they were caused by somebody else.
function linksTo(headers: readonly unknown[]): Link[] {
  const links: Link[] = [];
  for (const own of headers) {
    if (links.length === MAX_LINKS) break;
    if (own === undefined || !hasTraceContext(own)) continue;
    const cause = trace.getSpanContext(extractFields(fieldReader(own)));
    if (cause !== undefined) links.push({ context: cause });
  }
  return links;
}
