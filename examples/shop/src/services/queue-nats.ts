import { connect, headers, type Msg } from '@nats-io/transport-node';
import { traceConnection, tracedHandler } from '@throughline/messaging/nats';
import { type Notification, QUEUE_NAME, type Queue } from './queue.ts';

/** A subject of NATS, whose messages each go to one of the workers. */
export async function natsQueue(servers: string, name: string): Promise<Queue> {
  const template = (): string => QUEUE_NAME;
  const nc = traceConnection(await connect({ servers }), headers, { template });
  return {
    async send(notification) {
      nc.publish(name, JSON.stringify(notification));
    },
    async receive(handle) {
      const traced = tracedHandler((message: Msg) => handle(message.json<Notification>()), { template });
      const subscription = nc.subscribe(name, { queue: 'workers' });
      void (async () => {
        for await (const message of subscription) await traced(message).catch(() => {});
      })();
      await nc.flush();
    },
  };
}
