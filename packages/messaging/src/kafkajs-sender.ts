import { missingFields } from '@throughline/core/carrier';
import type { MessageProducer, MessageSpan } from '@throughline/core/message-producer';
import { ATTR_KAFKA_MESSAGE_TOMBSTONE } from '@throughline/core/messaging-attributes';
import type { Message, Producer, TopicMessages } from 'kafkajs';

/** Makes a producer, or a transaction, trace what it sends. */
export function traceSender(sender: Pick<Producer, 'send' | 'sendBatch'>, produce: MessageProducer): void {
  const { send, sendBatch } = sender;
  sender.send = (record) => {
    if (!isTraceable(record)) return send.call(sender, record);
    const { span, messages } = carry(record, produce);
    return span.follow(() => send.call(sender, { ...record, messages }));
  };
  sender.sendBatch = (batch) => {
    const { topicMessages } = batch ?? {};
    if (!Array.isArray(topicMessages) || !topicMessages.every(isTraceable)) return sendBatch.call(sender, batch);
    const carried = topicMessages.map((record) => ({ record, ...carry(record, produce) }));
    const sent = carried.map(({ record, messages }) => ({ ...record, messages }));
    const untraced = (): ReturnType<Producer['sendBatch']> => sendBatch.call(sender, { ...batch, topicMessages: sent });
    return carried.reduce(
      (inner, { span }) =>
        () =>
          span.follow(inner),
      untraced,
    )();
  };
}

// Anything else is refused by kafkajs, which says why.
function isTraceable(record: TopicMessages | undefined): boolean {
  return typeof record?.topic === 'string' && Array.isArray(record.messages) && record.messages.every(isObject);
}

function isObject(message: unknown): boolean {
  return typeof message === 'object' && message !== null;
}

function carry(
  { topic, messages }: TopicMessages,
  produce: MessageProducer,
): { span: MessageSpan; messages: Message[] } {
  const [only] = messages;
  if (only === undefined || messages.length > 1) {
    const span = produce({ operation: 'send', destination: topic, batch: messages.map(({ headers }) => headers) });
    return {
      span,
      messages: messages.map((message) => withFields(message, missingFields(span.fields, message.headers))),
    };
  }
  const attributes = only.value === null ? { [ATTR_KAFKA_MESSAGE_TOMBSTONE]: true } : {};
  const span = produce({ operation: 'send', destination: topic, attributes, headers: only.headers });
  return { span, messages: [withFields(only, span.fields)] };
}

function withFields(message: Message, fields: Readonly<Record<string, string>>): Message {
  return { ...message, headers: { ...message.headers, ...fields } };
}
