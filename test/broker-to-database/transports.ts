import { createKafkaTopic } from '../kafka-topic.ts';

/** What the shop tells the worker. */
export type Order = { readonly id: number; readonly fails: boolean };

/** A queue of orders, on one of the brokers. A handler that fails is not asked again. */
export type Transport = {
  send(order: Order): Promise<unknown>;
  receive(handle: (order: Order) => Promise<void>): Promise<void>;
};

export type Broker = 'rabbitmq' | 'nats' | 'kafka' | 'redis';

/** Connects to a broker at a URL; `name` is what the queue is called there. */
export const transports: Record<Broker, (url: string, name: string) => Promise<Transport>> = {
  async rabbitmq(url, name) {
    const { connect } = await import('amqplib');
    const { traceChannel } = await import('@throughline/messaging/amqplib');
    const channel = traceChannel(await (await connect(url)).createConfirmChannel());
    await channel.assertQueue(name, { autoDelete: true });
    return {
      send: (order) =>
        new Promise((resolve, reject) => {
          const content = Buffer.from(JSON.stringify(order));
          channel.sendToQueue(name, content, {}, (error) => (error ? reject(error) : resolve(undefined)));
        }),
      async receive(handle) {
        await channel.consume(name, async (message) => {
          if (message === null) return;
          const handled = handle(JSON.parse(message.content.toString()) as Order);
          await handled.then(
            () => channel.ack(message),
            () => channel.reject(message, false),
          );
        });
      },
    };
  },

  async nats(servers, name) {
    const { connect, headers } = await import('@nats-io/transport-node');
    const { traceConnection, tracedHandler } = await import('@throughline/messaging/nats');
    const nc = traceConnection(await connect({ servers }), headers);
    return {
      send: async (order) => nc.publish(name, JSON.stringify(order)),
      async receive(handle) {
        const messages = nc.subscribe(name);
        const traced = tracedHandler((message: import('@nats-io/transport-node').Msg) => handle(message.json<Order>()));
        void (async () => {
          for await (const message of messages) await traced(message).catch(() => {});
        })();
        await nc.flush();
      },
    };
  },

  async kafka(broker, topic) {
    const { Kafka, logLevel } = await import('kafkajs');
    const { traceConsumer, traceProducer } = await import('@throughline/messaging/kafkajs');
    const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 20 } });
    return {
      async send(order) {
        const producer = traceProducer(kafka.producer());
        await producer.connect();
        await producer.send({ topic, messages: [{ value: JSON.stringify(order) }] });
        await producer.disconnect();
      },
      async receive(handle) {
        await createKafkaTopic(kafka, topic);
        // The coordinator of the first group of a broker may not be there yet; that is no failure of a handler.
        let hasFailed = false;
        const retry = { retries: 0, restartOnFailure: async () => !hasFailed };
        const consumer = traceConsumer(kafka.consumer({ groupId: topic, maxWaitTimeInMs: 50, retry }));
        await consumer.connect();
        await consumer.subscribe({ topic, fromBeginning: true });
        const joined = new Promise<void>((resolve) => consumer.on('consumer.group_join', () => resolve()));
        await consumer.run({
          async eachMessage({ message }) {
            try {
              await handle(JSON.parse(String(message.value)) as Order);
            } catch (thrown) {
              hasFailed = true;
              throw thrown;
            }
          },
        });
        await joined;
      },
    };
  },

  async redis(url, name) {
    const { Queue, Worker } = await import('bullmq');
    const { traceQueue, tracedProcessor } = await import('@throughline/messaging/bullmq');
    const { hostname: host, port } = new URL(url);
    const connection = { host, port: Number(port), maxRetriesPerRequest: null };
    const queue = traceQueue(new Queue(name, { connection }));
    return {
      send: (order) => queue.add('order', order),
      async receive(handle) {
        const process = tracedProcessor((job: import('bullmq').Job<Order>) => handle(job.data));
        const worker = new Worker<Order>(name, process, { connection });
        worker.on('error', () => {});
        await worker.waitUntilReady();
      },
    };
  },
};
