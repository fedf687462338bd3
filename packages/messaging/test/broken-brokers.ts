import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { createMessageProducer } from '@throughline/core/message-producer';
import type { Mutation } from './memory-broker.ts';

/** A traced queue with one defect, and the scenario that has to find it. */
export type BrokenBroker = Mutation & { readonly rejectedBy: string };

const PARENTS =
  'a message is sent in a PRODUCER span, a child of the active one, and handled in a CONSUMER span, a child of that';

/** Every defect by what the adapter does wrong. */
export const brokenBrokers: Readonly<Record<string, BrokenBroker>> = {
  'starts a trace with every message': {
    rejectedBy: PARENTS,
    produce: (produce, message) => context.with(ROOT_CONTEXT, () => produce(message)),
  },
  'does not read what came beside the message': {
    rejectedBy: PARENTS,
    begin: (consumer, message) => consumer.begin({ ...message, metadata: undefined }),
  },
  'sends the ids of the active span': {
    rejectedBy: PARENTS,
    headers(own) {
      const headers = { ...own };
      propagation.inject(context.active(), headers);
      return headers;
    },
  },
  'runs the handler outside of its span': {
    rejectedBy: PARENTS,
    handle: (span, handler) => span.follow(handler),
  },
  'makes a child where a link is asked for': {
    rejectedBy:
      '`relation: link` makes the CONSUMER span the root of a trace of its own, with one link to the PRODUCER span',
    options: ({ relation: _, ...options }) => options,
  },
  'sends no baggage and no correlation ID': {
    rejectedBy: "baggage and the correlation ID travel beside the message, into the handler's context",
    options: (options) => ({ ...options, propagate: () => ({ trace: true }) }),
  },
  "puts its own headers in place of the caller's": {
    rejectedBy: 'headers of the caller arrive, and the objects it gave stay as they were',
    headers: (_own, fields) => fields,
  },
  "changes the caller's headers": {
    rejectedBy: 'headers of the caller arrive, and the objects it gave stay as they were',
    headers: (own = {}, fields) => Object.assign(own, fields),
  },
  'replaces a trace context of the caller': {
    rejectedBy: 'a trace context that the caller has put beside the message stays, and the PRODUCER span links to it',
    produce: (produce, { headers: _, ...message }) => produce(message),
  },
  'sends headers where `propagate` says no': {
    rejectedBy: 'nothing travels where `propagate` says no or throws, and both spans are made',
    options: ({ propagate: _, ...options }) => options,
  },
  'makes spans where tracing is suppressed': {
    rejectedBy: 'where tracing is suppressed, a message is sent without a span and without headers',
    produce: (produce, message) => context.with(ROOT_CONTEXT, () => produce(message)),
  },
  'says nothing of the system': {
    rejectedBy: 'both spans say the system, the operation and the destination, and samplers see them',
    produce: (_produce, message) => createMessageProducer('memory', 'unknown')(message),
  },
  'does not ask for a template': {
    rejectedBy: '`template` names spans by what it makes of the destination',
    options: ({ template: _, ...options }) => options,
  },
  'lets messages share the context of the last': {
    rejectedBy: '100 messages handled at the same time do not mix',
    handle: (() => {
      let last = ROOT_CONTEXT;
      return (span, handler) => {
        last = span.context;
        return span.follow(async () => {
          await new Promise(setImmediate);
          return context.with(last, handler);
        });
      };
    })(),
  },
  'ends the span when the handler returns, not when it is through': {
    rejectedBy: 'the CONSUMER span lasts until the handler is through, and what that does is its child',
    handle(span, handler) {
      const result = context.with(span.context, handler);
      span.end();
      return result;
    },
  },
  'calls no hooks': {
    rejectedBy: 'hooks see the spans and their destination, and may throw',
    options: ({ onStart: _, onEnd: __, ...options }) => options,
  },
  'does not notice that sending failed': {
    rejectedBy: 'a message that cannot be sent makes the PRODUCER span an error, and the error reaches the caller',
    produce(produce, message) {
      const span = produce(message);
      span.end();
      return span;
    },
  },
  'ends the span of a handler that fails as if it had not': {
    rejectedBy: "a handler that fails makes the CONSUMER span an error, in the sender's trace",
    async handle(span, handler) {
      try {
        await context.with(span.context, handler);
      } finally {
        span.end();
      }
    },
  },
  'hides what the handler threw': {
    rejectedBy: 'the CONSUMER span says what its handler threw or rejected with, whatever that is',
    async handle(span, handler) {
      try {
        await context.with(span.context, handler);
      } catch (thrown) {
        span.refuse('failed');
        throw thrown;
      } finally {
        span.end();
      }
    },
  },
  'does not say that a message came again': {
    rejectedBy: 'a message that is delivered again has a span for each delivery, and the second says so',
    begin: (consumer, message) => consumer.begin({ ...message, attributes: {} }),
  },
  'makes a span for each message of a batch that is sent': {
    rejectedBy: 'messages sent at once have one PRODUCER span, which says how many they are',
    produce(produce, message) {
      produce(message).end();
      return produce(message);
    },
  },
  'makes a batch the child of its first message': {
    rejectedBy: 'a batch is handled in one CONSUMER span, a root with a link for each message',
    batch: (consumer, [first]) => consumer.begin({ destination: 'jobs', metadata: first }),
  },
  'leaves the span of a message open': {
    rejectedBy: 'a message sent outside of any span starts a trace',
    handle: (span, handler) => context.with(trace.setSpan(ROOT_CONTEXT, span.span), handler),
  },
};
