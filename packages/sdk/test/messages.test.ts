import { withSpan } from '@throughline/core';
import { createMessageConsumer } from '@throughline/core/message-consumer';
import { createMessageProducer } from '@throughline/core/message-producer';
import { type StartTracingOptions, startTracing, type Tracing } from '@throughline/sdk';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Collector, startCollector } from './collector.ts';
import { type DecodedSpan, decodeTraces } from './recorder/decode-otlp.ts';

// The spans of messages as they leave the process, by the recorder and by the SDK.

let collector: Collector;
let tracing: Tracing | undefined;
beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) vi.stubEnv(name, undefined);
  collector = await startCollector();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await tracing?.shutdown();
  tracing = undefined;
  await collector.close();
});

const passive = { onStart: () => {}, onEnd: () => {}, forceFlush: async () => {}, shutdown: async () => {} };
const ways: [string, StartTracingOptions][] = [
  ['recorded spans', {}],
  ["the SDK's spans", { spanProcessors: [passive] }],
];

describe.each(ways)('with %s', (_name, way) => {
  it('a handler that fails keeps its trace, the span of the sender too, at a ratio of 0', async () => {
    const handle = start({ ...way, sampling: { ratio: 0, keep: { slowerThan: '1m' } } });
    handle(() => 'fine');
    expect(() =>
      handle(() => {
        throw new RangeError('out of stock');
      }),
    ).toThrow('out of stock');
    await tracing?.flush();
    expect(
      arrived()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['order', 'process orders', 'send orders']);
    expect(new Set(arrived().map(({ traceId }) => String(traceId))).size).toBe(1);
  });

  it('the link to a sender arrives, in a trace of its own', async () => {
    start({ ...way, sampling: { ratio: 1 } }, 'link')(() => 'fine');
    await tracing?.flush();
    const sent = arrived().find(({ name }) => name === 'send orders');
    const handled = arrived().find(({ name }) => name === 'process orders');
    const linked = handled?.links.map(({ traceId }) => Buffer.from(traceId, 'base64').toString('hex'));
    expect(linked).toEqual([String(sent?.traceId)]);
    expect(String(handled?.traceId)).not.toBe(String(sent?.traceId));
  });
});

/** Starts tracing, and makes what sends a message in a span and handles it. */
function start(
  options: StartTracingOptions,
  relation: 'parent' | 'link' = 'parent',
): (handler: () => string) => string {
  tracing = startTracing({ serviceName: 'shop', endpoint: collector.url, flushTimeoutMs: 30_000, ...options });
  const produce = createMessageProducer('memory', 'memory');
  const consumer = createMessageConsumer('memory', 'memory', { relation });
  return (handler) => {
    const metadata = withSpan('order', () => {
      const span = produce({ operation: 'send', destination: 'orders' });
      span.end();
      return span.fields;
    });
    return consumer.begin({ destination: 'orders', metadata }).handle(handler);
  };
}

function arrived(): DecodedSpan[] {
  return collector.exports.flatMap(({ body }) =>
    decodeTraces(body).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
}
