import { randomUUID } from 'node:crypto';
import { tracedProcessor, traceQueue } from '@throughline/messaging/bullmq';
import type { KitDelivery, KitMessage, MessageSubjectOptions, TracedMessaging } from '@throughline/testkit';
import { type ConnectionOptions, type Job, type JobsOptions, Queue, QueueEvents, Worker } from 'bullmq';

/** The options by which BullMQ connects to a server. */
export function connectionTo(url: string): ConnectionOptions {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port), maxRetriesPerRequest: null };
}

/** Makes what the contract kit sends and consumes by of a traced queue and a worker with a traced processor. */
export async function startBullmq(url: string, options: MessageSubjectOptions): Promise<TracedMessaging> {
  const connection = connectionTo(url);
  const name = `kit-${randomUUID()}`;
  const queue = traceQueue(new Queue<string | null, string>(name, { connection }), options);
  const events = new QueueEvents(name, { connection });
  const { propagate: _, ...ofProcessors } = options;
  let worker: Worker | undefined;
  await events.waitUntilReady();

  return {
    system: 'bullmq',
    operation: 'add',
    destination: name,
    send: ({ body, headers }) => queue.add('kit', body, optionsOf(headers)),
    sendBatch: (messages) => queue.addBulk(messages.map(jobOf)),
    sendInVain: () => queue.add('kit', 'hello', { jobId: '0' }),
    async consume(handler) {
      const process = async (job: Job): Promise<unknown> => handler(delivery(job));
      worker = new Worker(name, tracedProcessor(process, ofProcessors), { connection, concurrency: 100 });
      worker.on('error', () => {});
      await worker.waitUntilReady();
    },
    async request({ body, headers }) {
      const job = await queue.add('kit', body, optionsOf(headers));
      return job.waitUntilFinished(events);
    },
    async close() {
      await worker?.close(true);
      await queue.obliterate({ force: true });
      await Promise.all([events.close(), queue.close()]);
    },
  };
}

function optionsOf(headers: Record<string, string> | undefined): JobsOptions {
  const attempts = { attempts: 3 };
  return Object.freeze(
    headers === undefined ? attempts : { ...attempts, telemetry: { metadata: JSON.stringify(headers) } },
  );
}

function jobOf({ body, headers }: KitMessage): { name: string; data: string | null; opts: JobsOptions } {
  return Object.freeze({ name: 'kit', data: body, opts: optionsOf(headers) });
}

function delivery({ data, opts }: Job): KitDelivery {
  const headers = JSON.parse(opts.telemetry?.metadata ?? '{}') as Record<string, string>;
  return { body: data, header: (name) => headers[name] };
}
