import { createTraceState, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { recorderWith } from './recorder.ts';

function createRecorder(decision: 0 | 2) {
  return recorderWith({ shouldSample: () => ({ decision }) });
}

function under(parent: SpanContext) {
  return trace.setSpanContext(ROOT_CONTEXT, parent);
}

it.each([0, 2] as const)('says the same ids whenever it is asked, none of them twice (decision %i)', (decision) => {
  const { tracer } = createRecorder(decision);
  const spans = Array.from({ length: 3000 }, () => tracer.startSpan('span'));
  const ids = spans.map((span) => span.spanContext());
  for (const { traceId, spanId } of ids) {
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(spanId).toMatch(/^[0-9a-f]{16}$/);
  }
  expect(spans.map((span) => ({ ...span.spanContext() }))).toEqual(ids);
  expect(new Set(ids.map(({ spanId }) => spanId)).size).toBe(3000);
  expect(new Set(ids.map(({ traceId }) => traceId)).size).toBe(3000);
});

it('exports the ids that it says, whether somebody has asked or not', () => {
  const { tracer, takeSpans } = createRecorder(2);
  const root = tracer.startSpan('root');
  const asked = tracer.startSpan('asked', {}, trace.setSpan(ROOT_CONTEXT, root));
  const { traceId, spanId } = asked.spanContext();
  for (const span of [tracer.startSpan('unasked', {}, trace.setSpan(ROOT_CONTEXT, asked)), asked, root]) span.end();
  const [unaskedOut, askedOut, rootOut] = takeSpans();
  expect(askedOut).toMatchObject({ traceId, spanId, parentSpanId: root.spanContext().spanId });
  expect(unaskedOut).toMatchObject({ traceId, parentSpanId: spanId });
  expect(rootOut).toMatchObject({ traceId, parentSpanId: '' });
});

it('reads the ids of a caller that writes them in capitals', () => {
  const { tracer, takeSpans } = createRecorder(2);
  const parent = { traceId: '0AF7651916CD43DD8448EB211C80319C', spanId: 'B7AD6B7169203331', traceFlags: 1 };
  tracer.startSpan('span', {}, under(parent)).end();
  expect(takeSpans()).toMatchObject([
    { traceId: parent.traceId.toLowerCase(), parentSpanId: parent.spanId.toLowerCase() },
  ]);
});

it('lets a span that is not recorded pass on the trace, its state and no sampled flag, and change nothing', () => {
  const { tracer, takeSpans } = createRecorder(0);
  const traceState = createTraceState('ot=rv:0123456789abcd,other=1');
  const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 3, traceState };
  const span = tracer.startSpan('span', { attributes: { a: 1 } }, under(parent));
  const { spanId, ...rest } = span.spanContext();
  expect(rest).toEqual({ traceId: parent.traceId, traceFlags: 2, traceState });
  expect(spanId).not.toBe(parent.spanId);
  expect(span.isRecording()).toBe(false);
  span.setAttribute('a', 1).setAttributes({ a: 1 }).addEvent('a').updateName('a').setStatus({ code: 2 });
  span.addLink({ context: parent }).addLinks([]).recordException(new Error('a'));
  span.end();
  const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, span));
  expect(child.spanContext()).toMatchObject({ traceId: parent.traceId, traceFlags: 2, traceState });
  expect(takeSpans()).toEqual([]);
});

it('takes as many attributes as the limits allow, whatever the spans before it had', () => {
  const { tracer, takeSpans } = createRecorder(2);
  for (const count of [0, 3, 120, 1, 60, 0]) {
    const span = tracer.startSpan('span');
    for (let n = 0; n < count; n += 1) span.setAttribute(`name ${n}`, n).setAttribute(`name ${n >> 1}`, n);
    span.end();
  }
  expect(takeSpans().map(({ attributes }) => attributes.length)).toEqual([0, 3, 120, 1, 60, 0]);
});
