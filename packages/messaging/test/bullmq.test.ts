import { randomUUID } from 'node:crypto';
import { tracedProcessor, traceQueue } from '@throughline/messaging/bullmq';
import { type ConnectionOptions, type Job, type JobsOptions, Queue, UnrecoverableError, Worker } from 'bullmq';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { useRecorder } from '../../../test/recorder.ts';
import { describeWithService } from '../../../test/service.ts';
import { connectionTo } from './bullmq-subject.ts';
import { deferred } from './deferred.ts';

const FOREIGN_TRACE = '0af7651916cd43dd8448eb211c80319c';
const foreign = { traceparent: `00-${FOREIGN_TRACE}-b7ad6b7169203331-01` };

describeWithService('redis', 'a traced queue of BullMQ', (url) => {
  const recorder = useRecorder();
  let connection: ConnectionOptions;
  let queue: Queue;
  let worker: Worker | undefined;
  beforeAll(() => {
    connection = connectionTo(url);
  });
  beforeEach(() => {
    queue = traceQueue(new Queue(`test-${randomUUID()}`, { connection }));
  });
  afterEach(async () => {
    await worker?.close();
    worker = undefined;
    await queue.obliterate({ force: true });
    await queue.close();
  });

  function work<Result>(process: (job: Job) => Promise<Result>): Worker {
    worker = new Worker(queue.name, tracedProcessor(process), { connection });
    worker.on('error', () => {});
    return worker;
  }

  it('says the job and its id on both sides', async () => {
    const job = await queue.add('welcome', { to: 'ada' });
    work(async () => 'sent');
    const added = await recorder.take(`add ${queue.name}`);
    const handled = await recorder.take(`process ${queue.name}`);
    for (const { attributes } of [added, handled]) {
      expect(attributes).toMatchObject({ 'bullmq.job.name': 'welcome', 'messaging.message.id': job.id });
    }
  });

  it('counts the attempts of a job that fails, all children of the span that added it', async () => {
    await queue.add('welcome', {}, { attempts: 3 });
    const failed = deferred<Error>();
    work(() => Promise.reject(new RangeError('not yet'))).on('failed', (job, error) => {
      if (job?.attemptsMade === 3) failed.resolve(error);
    });
    expect((await failed.promise).message).toBe('not yet');
    const added = await recorder.take(`add ${queue.name}`);
    const counts: unknown[] = [];
    for (const _ of 'abc') {
      const handled = await recorder.take(`process ${queue.name}`);
      expect([handled.parentSpanId, handled.attributes['error.type']]).toEqual([added.spanId, 'RangeError']);
      counts.push(handled.attributes['throughline.message.delivery_count']);
    }
    expect(counts).toEqual([1, 2, 3]);
  });

  it('hands the error of a job to BullMQ as it is, so that it is not tried again if it must not be', async () => {
    await queue.add('welcome', {}, { attempts: 3 });
    const thrown = new UnrecoverableError('never');
    const failed = deferred<Error>();
    work(() => Promise.reject(thrown)).on('failed', (_job, error) => failed.resolve(error));
    expect(await failed.promise).toBe(thrown);
    await recorder.take(`add ${queue.name}`);
    await recorder.take(`process ${queue.name}`);
  });

  it('keeps what jobs of a bulk carry already, and links to it', async () => {
    const jobs = [
      { name: 'a', data: {}, opts: { telemetry: { metadata: JSON.stringify(foreign) } } },
      { name: 'b', data: {} },
    ];
    const before = structuredClone(jobs);
    await queue.addBulk(jobs);
    expect(jobs).toEqual(before);
    const added = await recorder.take(`add ${queue.name}`);
    expect(added.links).toEqual([{ traceId: FOREIGN_TRACE, spanId: 'b7ad6b7169203331' }]);
    work(async () => {});
    const traces = [await recorder.take(`process ${queue.name}`), await recorder.take(`process ${queue.name}`)];
    expect(traces.map(({ traceId }) => traceId)).toEqual([FOREIGN_TRACE, added.traceId]);
  });

  it.each<[string, JobsOptions['telemetry']]>([
    ['forbidden', { omitContext: true }],
    ['taken by a text of another kind', { metadata: 'not JSON' }],
  ])('adds nothing where that is %s', async (_why, telemetry) => {
    const job = await queue.add('welcome', {}, { telemetry: Object.freeze({ ...telemetry }) });
    expect(job.opts.telemetry).toEqual(telemetry);
    work(async () => {});
    await recorder.take(`add ${queue.name}`);
    expect((await recorder.take(`process ${queue.name}`)).parentSpanId).toBeUndefined();
  });

  it('gives the processor all its arguments and the worker its result', async () => {
    const done = deferred<[unknown, unknown]>();
    await queue.add('welcome', {});
    const process = tracedProcessor(async (_job: Job, token?: string) => ({ token }));
    worker = new Worker(queue.name, process, { connection });
    worker.on('completed', (job, result) => done.resolve([job.token, result]));
    const [token, result] = await done.promise;
    expect(result).toEqual({ token });
    await recorder.take(`add ${queue.name}`);
    await recorder.take(`process ${queue.name}`);
  });

  it('makes one span for a queue that is traced twice', async () => {
    await traceQueue(queue).add('welcome', {});
    await recorder.take(`add ${queue.name}`);
  });

  it('says what is wrong with its arguments', () => {
    expect(() => traceQueue({} as Queue)).toThrow('[bullmq] Expected a queue.');
    expect(() => tracedProcessor('./processor.js' as never)).toThrow('[bullmq] Expected `processor` to be a function.');
    expect(() => traceQueue(queue, { relation: 7 as never })).toThrow("Expected `relation` to be 'parent' or 'link'");
  });
});
