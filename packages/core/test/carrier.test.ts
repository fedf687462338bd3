import { context, propagation, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { extractContext, getCorrelation, injectContext, suppressTracing } from '@throughline/core';
import { hasTraceContext } from '@throughline/core/carrier';
import { setRequestScope } from '@throughline/core/correlation';
import * as names from '@throughline/core/messaging-attributes';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let recorder: SpanRecorder;
beforeAll(async () => {
  recorder = await recordSpans();
});
afterAll(() => recorder.stop());

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${spanId}-01`;
const sampled = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
const carried = { traceparent, baggage: 'tenant=acme', 'x-request-id': 'order-4711' };

const sending = setRequestScope(
  propagation.setBaggage(
    trace.setSpanContext(ROOT_CONTEXT, sampled),
    propagation.createBaggage({ tenant: { value: 'acme' } }),
  ),
  { correlation: { id: 'order-4711', header: 'x-request-id' } },
);

describe('injectContext', () => {
  it('gives trace context, baggage and correlation ID as plain texts', () => {
    expect(context.with(sending, () => injectContext())).toEqual(carried);
  });

  it.each([
    [3, ['traceparent', 'baggage', 'x-request-id']],
    [2, ['traceparent', 'x-request-id']],
    [1, ['traceparent']],
    [0, []],
  ])('leaves behind what is dispensable where there is room for %d fields', (limit, kept) => {
    expect(Object.keys(context.with(sending, () => injectContext(limit)))).toEqual(kept);
  });

  it('leaves out baggage that is too long for a header', () => {
    const entries = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`key-${n}`, { value: 'v'.repeat(90) }]));
    const large = propagation.setBaggage(sending, propagation.createBaggage(entries));
    for (const text of Object.values(context.with(large, () => injectContext()))) {
      expect(text.length).toBeLessThanOrEqual(8192);
    }
  });

  it('gives nothing where tracing is suppressed, and nothing outside of spans', () => {
    expect(context.with(suppressTracing(sending), () => injectContext())).toEqual({});
    expect(context.with(ROOT_CONTEXT, () => injectContext())).toEqual({});
  });
});

describe('extractContext', () => {
  it.each<[string, unknown]>([
    ['an object of texts, as Pub/Sub has it', carried],
    ['Buffers, as Kafka has them', mapped((text) => Buffer.from(text))],
    ['byte arrays', mapped((text) => new TextEncoder().encode(text))],
    ['lists of Buffers', mapped((text) => [Buffer.from(text), Buffer.from('another')])],
    ['MessageAttributes of SQS', mapped((text) => ({ DataType: 'String', StringValue: text }))],
    ['messageAttributes of Lambda', mapped((text) => ({ dataType: 'String', stringValue: text }))],
    ['a Map', new Map(Object.entries(carried))],
    ['Headers', new Headers(carried)],
    ['a column of JSON', JSON.parse(JSON.stringify(carried))],
  ])('reads %s', (_what, metadata) => {
    const extracted = extractContext(metadata);
    expect(trace.getSpanContext(extracted)).toMatchObject({ ...sampled, isRemote: true });
    expect(propagation.getBaggage(extracted)?.getEntry('tenant')?.value).toBe('acme');
    expect(getCorrelation(extracted)).toEqual({ id: 'order-4711', header: 'x-request-id' });
    expect(hasTraceContext(metadata)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', traceparent],
    ['an array', [traceparent]],
    ['inherited names', Object.create(carried)],
    ['a getter that throws', Object.defineProperty({}, 'traceparent', { get: fail, enumerable: true })],
    ['a map that throws', { get: fail }],
    ['a megabyte', { traceparent: 'a'.repeat(1 << 20), baggage: `a=${'b'.repeat(1 << 20)}` }],
    ['a megabyte of bytes', { traceparent: Buffer.alloc(1 << 20, 0x61), baggage: Buffer.alloc(1 << 20, 0x61) }],
    ['other types', { traceparent: 7, baggage: { deep: true }, 'x-request-id': [[]] }],
    ['a correlation ID that is none', { 'x-request-id': 'two words', 'x-correlation-id': '\u0000' }],
  ])('finds nothing in %s, and does not throw', (_what, metadata) => {
    const extracted = extractContext(metadata);
    expect(trace.getSpanContext(extracted)).toBeUndefined();
    expect(propagation.getBaggage(extracted)?.getAllEntries() ?? []).toEqual([]);
    expect(getCorrelation(extracted)).toBeUndefined();
  });

  it('never throws, whatever the metadata', () => {
    const anything = fc.dictionary(
      fc.constantFrom('traceparent', 'tracestate', 'baggage', 'x-request-id'),
      fc.anything(),
    );
    fc.assert(
      fc.property(anything, (metadata) => void extractContext(metadata)),
      { numRuns: 500 },
    );
  });
});

it('the names of attributes are those of the conventions', () => {
  const known = incubating as unknown as Record<string, unknown>;
  const ours = Object.entries(names).filter(([, value]) => !value.startsWith('throughline.'));
  expect(ours.length).toBeGreaterThan(10);
  for (const [name, value] of ours) expect([name, known[name]]).toEqual([name, value]);
});

function mapped(wrap: (text: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(carried).map(([name, text]) => [name, wrap(text)]));
}

function fail(): never {
  throw new Error('unreadable');
}
