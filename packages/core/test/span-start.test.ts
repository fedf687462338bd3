import { ROOT_CONTEXT, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { NO_LINKS, startSpanWith } from '../src/span/span-start.ts';

let recorder: SpanRecorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterEach(() => recorder.assertEmpty());
afterAll(() => recorder.stop());

function start(tracer: Tracer): number {
  let described = 0;
  const describe = () => {
    described += 1;
    return ['a', 1, 'b', undefined];
  };
  startSpanWith(tracer, 'work', SpanKind.CLIENT, NO_LINKS, describe, undefined, ROOT_CONTEXT).end();
  return described;
}

it('describes a span once that is recorded', async () => {
  expect(start(trace.getTracer('test'))).toBe(1);
  expect(await recorder.take('work')).toMatchObject({ kind: 'CLIENT', attributes: { a: 1 } });
});

it('describes a span whose tracer has made a copy of its options', async () => {
  const tracer = trace.getTracer('test');
  const copying = {
    startSpan: (name, options, parent) => tracer.startSpan(name, { ...options }, parent),
    startActiveSpan: tracer.startActiveSpan,
  } satisfies Tracer;
  expect(start(copying)).toBe(1);
  expect(await recorder.take('work')).toMatchObject({ kind: 'CLIENT', attributes: { a: 1 } });
});

it('lets who stands before the tracer change what a span starts with', async () => {
  const tracer = trace.getTracer('test');
  const changing = {
    startSpan: (name, options = {}, parent) => {
      Object.assign(options.attributes ?? {}, { a: 2, c: 3 });
      return tracer.startSpan(name, options, parent);
    },
    startActiveSpan: tracer.startActiveSpan,
  } satisfies Tracer;
  expect(start(changing)).toBe(1);
  expect(await recorder.take('work')).toMatchObject({ attributes: { a: 2, c: 3 } });
});

it('describes nothing that nobody records', () => {
  const span = trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 });
  const startActiveSpan = trace.getTracer('test').startActiveSpan;
  expect(start({ startSpan: () => span, startActiveSpan })).toBe(0);
});
