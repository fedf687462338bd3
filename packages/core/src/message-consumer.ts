import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { extractFields, type FieldReader, fieldReader } from './carrier.ts';
import { correlationReader, setRequestScope } from './correlation.ts';
import { ATTR_REQUEST_ID } from './http/http-attributes.ts';
import { joinSender } from './messaging/message-sender.ts';
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

/** A message that was delivered. */
export type IncomingMessage = MessageOperation & {
  /** What came beside it, as the library has it; see `extractContext`. */
  readonly metadata: unknown;
};

/** Messages that were delivered to be handled at once. */
export type IncomingBatch = MessageOperation & {
  /** What came beside each. */
  readonly metadata: readonly unknown[];
};

/** Starts the CONSUMER spans of what is delivered. Run the handler with `handle` of what is returned. */
export type MessageConsumer = {
  /** The span of one message: a child of the sender's, or a root with a link to it. */
  begin(message: IncomingMessage): MessageSpan;
  /** The span of a batch: a root with a link for each message, for the first 128 of them. */
  beginBatch(batch: IncomingBatch): MessageSpan;
};

/**
 * Prepares the tracing of what queues of one system deliver; `component` is its name in errors, `scope` that of the
 * instrumentation. Throws a `TypeError` for a wrong option.
 *
 * The context in which a library calls a handler is that of whoever opened its connection, so it counts for nothing.
 */
export function createMessageConsumer(
  component: string,
  system: string,
  options: MessagingOptions = {},
  scope = `@throughline/messaging/${component}`,
): MessageConsumer {
  checkOptions(component, options, messagingOptionChecks);
  const { tracerProvider = trace, relation = 'parent', template, correlation = {}, onStart, onEnd } = options;
  const tracer = tracerProvider.getTracer(scope, VERSION);
  const readCorrelation = correlationReader(correlation);

  function start(
    message: MessageOperation,
    parent: Context,
    links: Link[],
    read: FieldReader,
    sender?: string,
  ): MessageSpan {
    const { destination } = message;
    const { name, attributes } = describeOperation(message, system, 'process', 'process', template);
    const startSpan = (): Span => tracer.startSpan(name, { kind: SpanKind.CONSUMER, attributes, links }, parent);
    const span = callSafely('tracerProvider', startSpan) ?? trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    const request = { correlation: readCorrelation(read, span) };
    if (span.isRecording()) span.setAttribute(ATTR_REQUEST_ID, request.correlation.id);
    const handlerContext = setRequestScope(trace.setSpan(parent, span), request);
    if (onStart !== undefined) {
      context.with(handlerContext, () => callSafely('onStart', onStart, span, destination));
    }
    return new MessageSpan(span, handlerContext, {}, onEnd && ((ended) => onEnd(ended, destination)), sender);
  }

  return {
    begin(message) {
      const read = fieldReader(message.metadata);
      const extracted = extractFields(read);
      if (relation === 'parent') return start(message, extracted, [], read, joinSender(read, extracted));
      return start(message, trace.deleteSpan(extracted), linkTo(extracted), read);
    },
    beginBatch(batch) {
      const links = batch.metadata
        .slice(0, MAX_LINKS)
        .flatMap((metadata) => linkTo(extractFields(fieldReader(metadata))));
      const attributes = { ...batch.attributes, [ATTR_MESSAGING_BATCH_MESSAGE_COUNT]: batch.metadata.length };
      return start({ ...batch, attributes }, ROOT_CONTEXT, links, fieldReader(undefined));
    },
  };
}

function linkTo(extracted: Context): Link[] {
  const sender = trace.getSpanContext(extracted);
  return sender === undefined || !isSpanContextValid(sender) ? [] : [{ context: sender }];
}
