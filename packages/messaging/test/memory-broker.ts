import {
  createMessageConsumer,
  type IncomingMessage,
  type MessageConsumer,
  type MessageSpan,
} from '@throughline/core/message-consumer';
import { createMessageProducer, type MessageProducer, type OutgoingMessage } from '@throughline/core/message-producer';
import { ATTR_DELIVERY_COUNT } from '@throughline/core/messaging-attributes';
import type {
  KitDelivery,
  KitMessage,
  KitMessageHandler,
  MessageSubjectOptions,
  TracedMessaging,
} from '@throughline/testkit';

/** What a broken adapter does otherwise; left out is as it should be. */
export type Mutation = {
  readonly options?: (options: MessageSubjectOptions) => MessageSubjectOptions;
  readonly produce?: (produce: MessageProducer, message: OutgoingMessage) => MessageSpan;
  readonly begin?: (consumer: MessageConsumer, message: IncomingMessage) => MessageSpan;
  readonly headers?: (
    own: Record<string, string> | undefined,
    fields: Record<string, string>,
  ) => Record<string, string>;
  readonly handle?: (span: MessageSpan, handler: () => unknown) => unknown;
  readonly batch?: (consumer: MessageConsumer, headers: readonly unknown[]) => MessageSpan;
};

type Stored = { readonly body: string | null; readonly headers: Record<string, string>; readonly deliveries: number };

const QUEUE = 'jobs';

/** A queue in memory, traced by the policy of core alone: what the contract must let pass, and what defects are made of. */
export function startMemoryBroker(mutation: Mutation, given: MessageSubjectOptions): Promise<TracedMessaging> {
  const options = mutation.options?.(given) ?? given;
  const produce = createMessageProducer('memory', 'memory', options);
  const consumer = createMessageConsumer('memory', 'memory', options);
  const stored: Stored[] = [];
  let deliver: (() => void) | undefined;

  function put(message: Stored): void {
    stored.push(message);
    deliver?.();
  }

  function send(messages: readonly KitMessage[], headers?: object): void {
    const batch = messages.length > 1 ? { batch: messages.map((message) => message.headers) } : { headers };
    const outgoing = { operation: 'send', destination: QUEUE, ...batch };
    const span = mutation.produce?.(produce, outgoing) ?? produce(outgoing);
    span.follow(() => {
      for (const { body, headers: own } of messages) {
        if (body === undefined) throw new TypeError('There is nothing to send.');
        const carried = mutation.headers?.(own, span.fields) ?? { ...own, ...span.fields };
        put({ body, headers: carried, deliveries: 1 });
      }
    });
  }

  function handleNext(handler: KitMessageHandler): void {
    const message = stored.shift() as Stored;
    const incoming = {
      destination: QUEUE,
      attributes: { [ATTR_DELIVERY_COUNT]: message.deliveries },
      metadata: message.headers,
    };
    const span = mutation.begin?.(consumer, incoming) ?? consumer.begin(incoming);
    const handle = mutation.handle ?? ((begun, run) => begun.handle(run));
    void (async () => handle(span, () => handler(delivery(message))))().catch(() => {
      if (message.deliveries < 2) put({ ...message, deliveries: message.deliveries + 1 });
    });
  }

  return Promise.resolve({
    system: 'memory',
    operation: 'send',
    destination: QUEUE,
    send: async (message) => send([message], message.headers),
    sendBatch: async (messages) => send(messages),
    sendInVain: async () => send([{} as KitMessage]),
    async consume(handler) {
      deliver = () => setImmediate(handleNext, handler);
      for (const _ of stored) deliver();
    },
    async consumeBatch(handler) {
      const messages = stored.splice(0);
      const headers = messages.map((message) => message.headers);
      const span =
        mutation.batch?.(consumer, headers) ?? consumer.beginBatch({ destination: QUEUE, metadata: headers });
      span.handle(() => handler(messages.map(delivery)));
    },
    async close() {},
  });
}

function delivery({ body, headers }: Stored): KitDelivery {
  return { body, header: (name) => headers[name] };
}
