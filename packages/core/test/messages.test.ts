import { context, type Span, SpanKind, type TracerProvider, trace } from '@opentelemetry/api';
import { extractContext, logFields } from '@throughline/core';
import { createMessageConsumer } from '@throughline/core/message-consumer';
import { createMessageProducer } from '@throughline/core/message-producer';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ignoredContext } from '../src/context/suppression.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${spanId}-01`;
const outgoing = { operation: 'send', destination: 'orders' };

describe('with a provider registered', () => {
  let recorder: SpanRecorder;
  beforeEach(async () => {
    recorder = await recordSpans();
  });
  afterEach(async () => {
    recorder.assertEmpty();
    await recorder.stop();
  });

  it.each<[string, unknown]>([
    ['an error', new Error('of the handler')],
    ['a frozen error', Object.freeze(new RangeError('of the handler'))],
    ['nothing', undefined],
    ['an object without a prototype', Object.create(null)],
    ['an object whose getters throw', Object.defineProperty({}, 'message', { get: () => fail() })],
  ])('a handler throws and rejects with %s, the same value, and the span ends once', async (_what, thrown) => {
    const consumer = createMessageConsumer('memory', 'memory');
    const begin = () => consumer.begin({ destination: 'orders', metadata: undefined });
    const raise = (): never => {
      throw thrown;
    };
    const threw = begin();
    expect(caught(() => threw.handle(raise))).toEqual([thrown]);
    threw.end();
    const rejected = begin();
    await expect(rejected.handle(async () => raise()).catch((reason: unknown) => [reason])).resolves.toEqual([thrown]);
    rejected.fail(new Error('late'));
    for (const _ of 'ab') {
      const span = await recorder.take('process orders');
      expect([span.status, span.exceptions.length]).toEqual(['ERROR', 1]);
    }
  });

  it('the span that is active when a message is delivered is nobody to it', async () => {
    const consumer = createMessageConsumer('memory', 'memory');
    const stale = trace
      .getTracer('test')
      .startSpan('the request that opened the connection', { kind: SpanKind.SERVER });
    context.with(trace.setSpan(context.active(), stale), () => {
      consumer.begin({ destination: 'orders', metadata: {} }).handle(() => {});
      consumer.begin({ destination: 'orders', metadata: { traceparent } }).handle(() => {});
    });
    stale.end();
    await recorder.take('the request that opened the connection');
    expect((await recorder.take('process orders')).parentSpanId).toBeUndefined();
    expect((await recorder.take('process orders')).parentSpanId).toBe(spanId);
  });

  it('what an ignored request sends says that it is not sampled, and has no span', () => {
    const produce = createMessageProducer('memory', 'memory');
    const ignored = ignoredContext(context.active(), { traceId, spanId, traceFlags: 0 });
    const span = context.with(ignored, () => produce(outgoing));
    expect(span.fields).toEqual({ traceparent: `00-${traceId}-${spanId}-00` });
    span.end();
  });

  it('a link keeps baggage and correlation, and nothing else of the sender', async () => {
    const consumer = createMessageConsumer('memory', 'memory', { relation: 'link' });
    const metadata = { traceparent, baggage: 'tenant=acme', 'x-request-id': 'order-7' };
    const span = consumer.begin({ destination: 'orders', metadata });
    expect(span.handle(() => logFields())).toMatchObject({
      request_id: 'order-7',
      span_id: span.span.spanContext().spanId,
    });
    expect((await recorder.take('process orders')).links).toEqual([{ traceId, spanId }]);
  });

  it('a batch links to at most 128 senders, and counts all messages', async () => {
    const consumer = createMessageConsumer('memory', 'memory');
    consumer.beginBatch({ destination: 'orders', metadata: Array(200).fill({ traceparent }) }).handle(() => {});
    const span = await recorder.take('process orders');
    expect([span.links.length, span.attributes['messaging.batch.message_count']]).toEqual([128, 200]);
  });

  it('a name is never longer than 256 characters, and a template that is none is not used', async () => {
    const produce = createMessageProducer('memory', 'memory', { template: () => 7 as never });
    produce({ operation: 'send', destination: 'x'.repeat(10_000) }).end();
    expect((await recorder.take(({ kind }) => kind === 'PRODUCER')).name).toBe(`send ${'x'.repeat(256)}`);
  });

  it('a query builder that a handler returns runs in its span, once', async () => {
    const consumer = createMessageConsumer('memory', 'memory');
    const runs: (Span | undefined)[] = [];
    const builder = {};
    const work = (done: (value: string) => void): void => done(String(runs.push(trace.getActiveSpan())));
    Reflect.set(builder, 'then', work);
    const span = consumer.begin({ destination: 'orders', metadata: undefined });
    expect(await span.handle(() => builder)).toBe('1');
    expect(runs).toEqual([span.span]);
    await recorder.take('process orders');
  });
});

describe('without a provider, or with one that fails', () => {
  const broken = { getTracer: () => ({ startSpan: () => fail() }) } as unknown as TracerProvider;

  it.each([
    ['no provider', {}],
    ['a provider that throws', { tracerProvider: broken }],
  ])('messages are sent and handled, and a correlation ID is there: %s', (_what, options) => {
    const produce = createMessageProducer('memory', 'memory', options);
    const consumer = createMessageConsumer('memory', 'memory', options);
    expect(produce(outgoing).follow(() => 'sent')).toBe('sent');
    const span = consumer.begin({ destination: 'orders', metadata: { traceparent, 'x-request-id': 'order-7' } });
    expect(span.handle(() => 'handled')).toBe('handled');
    expect(extractContext({ traceparent })).toBeDefined();
  });
});

function caught(run: () => unknown): unknown[] {
  try {
    run();
    return [];
  } catch (thrown) {
    return [thrown];
  }
}

function fail(): never {
  throw new Error('unreadable');
}
