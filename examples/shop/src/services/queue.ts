/** What the customer is to be told of. */
export type Notification = { readonly productId: number; readonly text: string };

/** The queue of notifications. */
export type Queue = {
  send(notification: Notification): Promise<void>;
  /** Hands each notification to `handle`, once; where that fails, it is given up. */
  receive(handle: (notification: Notification) => Promise<void>): Promise<void>;
};

/** What spans are named by; on a server that others use too, the queue's own name has a prefix. */
export const QUEUE_NAME = 'notifications';

/** The queue on RabbitMQ or NATS, if there is one, else in a table of the database. */
export async function openQueue(): Promise<Queue> {
  const { AMQP_URL, NATS_URL, DATABASE_URL, SHOP_PREFIX = 'shop' } = process.env;
  const name = `${SHOP_PREFIX}.${QUEUE_NAME}`;
  if (AMQP_URL) return (await import('./queue-amqp.ts')).amqpQueue(AMQP_URL, name);
  if (NATS_URL) return (await import('./queue-nats.ts')).natsQueue(NATS_URL, name);
  return (await import('./queue-table.ts')).tableQueue(DATABASE_URL);
}
