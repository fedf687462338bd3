import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ROOT_CONTEXT, type Span } from '@opentelemetry/api';
import { consistentSampler } from '@throughline/sampling';
import { expect, it } from 'vitest';
import { recorderWith } from './recorder.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const { tracer } = recorderWith(consistentSampler({ ratio: 1 }));

function linked(): { span: Span; link: WeakRef<object> } {
  const context = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 };
  const span = tracer.startSpan('a', { links: [{ context }] }, ROOT_CONTEXT);
  return { span, link: new WeakRef(context) };
}

it('a span that has ended keeps nothing of what it held, however long something lives that was made in its context', async () => {
  const { span, link } = linked();
  await new Promise(setImmediate); // until then, a WeakRef that was just made keeps what it refers to
  collectGarbage();
  expect(link.deref()).toBeDefined();
  span.end();
  await new Promise(setImmediate);
  collectGarbage();
  expect(link.deref()).toBeUndefined();
  expect(span.isRecording()).toBe(false);
});
