import type { Attributes } from '@opentelemetry/api';
import { missingFields } from '@throughline/core/carrier';
import { createMessageConsumer, type MessagingOptions } from '@throughline/core/message-consumer';
import { createMessageProducer } from '@throughline/core/message-producer';
import { ATTR_DELIVERY_COUNT, ATTR_MESSAGING_MESSAGE_ID } from '@throughline/core/messaging-attributes';
import type { JobsOptions } from 'bullmq';
import { carriedBy, withFields } from './bullmq-carrier.ts';

export type { MessagingOptions } from '@throughline/core/message-consumer';

type AnyFunction = (...args: never[]) => unknown;

/** As much of a queue of BullMQ as it takes to trace it. */
export type BullQueue = { readonly name: string; add: AnyFunction; addBulk: AnyFunction };

/** As much of a job of BullMQ as its span is about. */
export type BullJob = {
  readonly name: string;
  readonly queueName: string;
  readonly id?: string | undefined;
  readonly opts: JobsOptions;
  readonly attemptsStarted?: number | undefined;
};

/** The options of {@link tracedProcessor}: those of both sides but for `propagate`. */
export type ProcessorOptions = Omit<MessagingOptions, 'propagate'>;

// A registered symbol, so that two copies of this package trace a queue once.
const TRACED = Symbol.for('throughline.traced-bullmq');
const ATTR_JOB_NAME = 'bullmq.job.name';
const MAX_NAME_LENGTH = 256;

/**
 * Traces the jobs that are added to a queue; returns the queue. The context travels where BullMQ's own telemetry has it, in
 * `opts.telemetry.metadata`, in the form of `bullmq-otel`. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const mails = traceQueue(new Queue('mails', { connection }));
 */
export function traceQueue<Queue extends BullQueue>(queue: Queue, options?: MessagingOptions): Queue {
  if (typeof queue?.add !== 'function' || typeof queue.addBulk !== 'function') {
    throw new TypeError('[bullmq] Expected a queue. Pass a `Queue` of BullMQ.');
  }
  const produce = createMessageProducer('bullmq', 'bullmq', options);
  if (TRACED in queue) return queue;
  Object.defineProperty(queue, TRACED, { value: true });
  const add = queue.add as unknown as (name: string, data: unknown, opts?: JobsOptions) => Promise<BullJob>;
  const addBulk = queue.addBulk as unknown as (jobs: readonly NewJob[]) => Promise<unknown>;

  queue.add = async function tracedAdd(name: string, data: unknown, opts?: JobsOptions) {
    const attributes = { [ATTR_JOB_NAME]: name };
    const headers = carriedBy(opts);
    const span = produce({ operation: 'add', destination: queue.name, attributes, headers });
    return span.follow(async () => {
      const job = await add.call(queue, name, data, withFields(opts, headers, span.fields));
      if (job.id !== undefined) span.span.setAttribute(ATTR_MESSAGING_MESSAGE_ID, job.id);
      return job;
    });
  } as unknown as Queue['add'];

  queue.addBulk = async function tracedAddBulk(jobs: readonly NewJob[]) {
    const batch = jobs.map(({ opts }) => carriedBy(opts));
    const span = produce({ operation: 'add', destination: queue.name, batch });
    const carrying = jobs.map((job, index) => {
      const headers = batch[index];
      return { ...job, opts: withFields(job.opts, headers, missingFields(span.fields, headers)) };
    });
    return span.follow(() => addBulk.call(queue, carrying));
  } as unknown as Queue['addBulk'];
  return queue;
}

type NewJob = { readonly name: string; readonly data: unknown; readonly opts?: JobsOptions | undefined };

/**
 * Makes a processor that runs each job in a CONSUMER span, for a `Worker` or a sandboxed file. Returns and throws what yours
 * does. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const worker = new Worker('mails', tracedProcessor(async (job) => send(job.data)), { connection });
 */
export function tracedProcessor<Job extends BullJob, Rest extends unknown[], Result>(
  processor: (job: Job, ...rest: Rest) => Promise<Result>,
  options?: ProcessorOptions,
): (job: Job, ...rest: Rest) => Promise<Result> {
  if (typeof processor !== 'function') {
    throw new TypeError(
      '[bullmq] Expected `processor` to be a function. Use it in the file that a sandboxed worker runs.',
    );
  }
  const consumer = createMessageConsumer('bullmq', 'bullmq', options);
  return function tracedProcessor(job, ...rest) {
    const attributes: Attributes = { [ATTR_JOB_NAME]: job.name.slice(0, MAX_NAME_LENGTH) };
    if (job.id !== undefined) attributes[ATTR_MESSAGING_MESSAGE_ID] = job.id;
    if (job.attemptsStarted !== undefined) attributes[ATTR_DELIVERY_COUNT] = job.attemptsStarted;
    const span = consumer.begin({ destination: job.queueName, attributes, metadata: carriedBy(job.opts) });
    return span.handle(() => processor(job, ...rest));
  };
}
