import { randomUUID } from 'node:crypto';
import { traceChannel } from '@throughline/messaging/amqplib';
import type { KitDelivery, MessageSubjectOptions, TracedMessaging } from '@throughline/testkit';
import { type ConsumeMessage, connect } from 'amqplib';

/** Makes what the contract kit sends and consumes by of a traced channel with confirms. */
export async function startAmqplib(url: string, options: MessageSubjectOptions): Promise<TracedMessaging> {
  const connection = await connect(url);
  const channel = traceChannel(await connection.createConfirmChannel(), options);
  const queue = `kit-${randomUUID()}`;
  await channel.assertQueue(queue, { autoDelete: true });
  const publish = (
    target: string,
    body: string | null,
    headers: object | undefined,
    reply?: object,
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const content = Buffer.from(body ?? '');
      const given = headers === undefined && reply === undefined ? undefined : { headers, ...reply };
      channel.sendToQueue(target, content, given, (error) => (error === null ? resolve(undefined) : reject(error)));
    });

  return {
    system: 'rabbitmq',
    operation: 'publish',
    destination: queue,
    send: ({ body, headers }) => publish(queue, body, headers),
    async sendInVain() {
      const doomed = traceChannel(await connection.createConfirmChannel(), options);
      doomed.on('error', () => {});
      const sent = new Promise((resolve, reject) => {
        doomed.publish('kit-no-such-exchange', 'key', Buffer.from('hello'), undefined, (error) =>
          error === null ? resolve(undefined) : reject(error),
        );
      });
      return sent;
    },
    async consume(handler) {
      await channel.consume(queue, async (message) => {
        if (message === null) return;
        try {
          const answer = await handler(delivery(message));
          channel.ack(message);
          const { replyTo, correlationId } = message.properties;
          if (replyTo !== undefined) await publish(replyTo, String(answer), undefined, { correlationId });
        } catch {
          channel.nack(message);
        }
      });
    },
    async request({ body, headers }) {
      const replies = await connection.createChannel();
      traceChannel(replies, options);
      const { queue: replyTo } = await replies.assertQueue('', { exclusive: true });
      const answer = new Promise<string>((resolve) => {
        void replies.consume(replyTo, (message) => resolve(String(message?.content)), { noAck: true });
      });
      await publish(queue, body, headers, { replyTo, correlationId: randomUUID() });
      return answer;
    },
    close: () => connection.close(),
  };
}

function delivery({ content, properties }: ConsumeMessage): KitDelivery {
  return { body: content.toString(), header: (name) => properties.headers?.[name] as string | undefined };
}
