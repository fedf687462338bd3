import { traceChannel } from '@throughline/messaging/amqplib';
import { connect } from 'amqplib';
import { type Notification, QUEUE_NAME, type Queue } from './queue.ts';

/** A queue of RabbitMQ, which is gone when its last consumer is. */
export async function amqpQueue(url: string, name: string): Promise<Queue> {
  const connection = await connect(url);
  const channel = traceChannel(await connection.createConfirmChannel(), { template: () => QUEUE_NAME });
  await channel.assertQueue(name, { autoDelete: true, durable: false });
  return {
    send: (notification) =>
      new Promise((resolve, reject) => {
        const content = Buffer.from(JSON.stringify(notification));
        channel.sendToQueue(name, content, {}, (error) => (error ? reject(error) : resolve()));
      }),
    async receive(handle) {
      await channel.consume(name, async (message) => {
        if (message === null) return;
        try {
          await handle(JSON.parse(message.content.toString()) as Notification);
          channel.ack(message);
        } catch {
          channel.reject(message, false);
        }
      });
    },
  };
}
