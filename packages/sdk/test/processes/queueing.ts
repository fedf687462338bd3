// A service that sends or handles messages, as the lines of its standard input say; whoever reads its output is the queue.
import { createInterface } from 'node:readline';
import { context } from '@opentelemetry/api';
import { extractContext, injectContext, withSpan } from '@throughline/core';
import { createMessageConsumer } from '@throughline/core/message-consumer';
import { createMessageProducer } from '@throughline/core/message-producer';
import { type StartTracingOptions, startTracing } from '@throughline/sdk';
import type { Task } from '../message-services.ts';

const tracing = startTracing(JSON.parse(process.argv[2] ?? '{}') as StartTracingOptions);
const produce = createMessageProducer('memory', 'memory');
const consumer = createMessageConsumer('memory', 'memory');

const tasks: Record<Task['do'], (task: Task) => unknown> = {
  send: ({ fails, generic }) =>
    withSpan('order', (span) => {
      const fields = generic === true ? injectContext() : produced();
      console.log(JSON.stringify({ traceId: span.spanContext().traceId, fields }));
      // It has to be handled before it is known that the trace is kept.
      if (fails === true) return new Promise((_resolve, reject) => setTimeout(reject, 500, new Error('too late')));
      return undefined;
    }),
  handle: ({ fields, fails, generic }) => {
    const handler = (): void => {
      if (fails === true) throw new Error('cannot be handled');
    };
    if (generic === true) context.with(extractContext(fields), () => withSpan('job', handler));
    else consumer.begin({ destination: 'orders', metadata: fields }).handle(handler);
  },
  stats: () => console.log(JSON.stringify(tracing.stats())),
};

function produced(): Record<string, string> {
  const span = produce({ operation: 'send', destination: 'orders' });
  span.end();
  return span.fields;
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const task = JSON.parse(line) as Task;
  try {
    await tasks[task.do](task);
  } catch {
    // Its span says so.
  }
});
process.once('SIGTERM', async () => {
  await tracing.shutdown();
  process.exit();
});
// Peers know where it listens once this has been answered.
setTimeout(() => console.log('ready'), 200);
