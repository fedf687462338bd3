// The messaging conventions are in development, and packages are asked not to import names that may move from
// `@opentelemetry/semantic-conventions/incubating` at run time: these are those of version 1.45.0, which a test compares.
// https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/

export const ATTR_MESSAGING_SYSTEM_NAME = 'messaging.system.name';
export const ATTR_MESSAGING_OPERATION_NAME = 'messaging.operation.name';
export const ATTR_MESSAGING_OPERATION_TYPE = 'messaging.operation.type';
export const ATTR_MESSAGING_DESTINATION_NAME = 'messaging.destination.name';
export const ATTR_MESSAGING_DESTINATION_TEMPLATE = 'messaging.destination.template';
export const ATTR_MESSAGING_DESTINATION_TEMPORARY = 'messaging.destination.temporary';
export const ATTR_MESSAGING_DESTINATION_PARTITION_ID = 'messaging.destination.partition.id';
export const ATTR_MESSAGING_CONSUMER_GROUP_NAME = 'messaging.consumer.group.name';
export const ATTR_MESSAGING_BATCH_MESSAGE_COUNT = 'messaging.batch.message_count';
export const ATTR_MESSAGING_MESSAGE_ID = 'messaging.message.id';
export const ATTR_MESSAGING_MESSAGE_CONVERSATION_ID = 'messaging.message.conversation_id';
export const ATTR_RABBITMQ_DESTINATION_ROUTING_KEY = 'rabbitmq.destination.routing_key';
export const ATTR_RABBITMQ_MESSAGE_DELIVERY_TAG = 'rabbitmq.message.delivery_tag';
export const ATTR_KAFKA_MESSAGE_TOMBSTONE = 'kafka.message.tombstone';
export const ATTR_KAFKA_OFFSET = 'kafka.offset';

export { ATTR_REQUEST_ID } from './http/http-attributes.ts';
/** Which delivery of the message this is, from 1 on, where the broker counts. */
export const ATTR_DELIVERY_COUNT = 'throughline.message.delivery_count';
/** `true` where the broker says that it has delivered the message before, and does not count. */
export const ATTR_REDELIVERED = 'throughline.message.redelivered';
/** What the consumer told the broker: `ack`, `nack`, `reject` or `requeue`. */
export const ATTR_SETTLEMENT = 'throughline.message.settlement';
