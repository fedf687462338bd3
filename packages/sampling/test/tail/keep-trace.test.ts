import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type HoldProcessor, holdProcessor, keepTrace, ruleSampler } from '@throughline/sampling';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RecordedSpan, sdkProvider } from '../sdk-provider.ts';

const exported: Pick<RecordedSpan, 'name' | 'attributes' | 'spanContext'>[] = [];
let hold: HoldProcessor;
let provider: Awaited<ReturnType<typeof sdkProvider>>;

beforeEach(async () => {
  exported.length = 0;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  hold = holdProcessor(
    { slowerThan: '1m' },
    {
      onStart: () => {},
      onEnd: (span) => void exported.push(span),
      forceFlush: async () => {},
      shutdown: async () => {},
    },
  );
  provider = await sdkProvider(ruleSampler({ ratio: 0, record: true }), hold as never);
});

afterEach(async () => {
  await provider.shutdown();
  await hold.shutdown();
  context.disable();
});

function serve<Result>(name: string, run: () => Result): Result {
  return provider.getTracer('test').startActiveSpan(name, (span) => {
    try {
      return run();
    } finally {
      span.end();
    }
  });
}

it('keeps the trace of the active span, with what ended before and what starts later', () => {
  serve('ordinary', () => serve('child', () => {}));
  const kept = serve('important', () => {
    serve('before', () => {});
    const answer = keepTrace();
    serve('after', () => {});
    return answer;
  });
  expect(kept).toBe(true);
  expect(exported.map(({ name }) => name)).toEqual(['before', 'after', 'important']);
  for (const span of exported) {
    expect(span.attributes['sampling.reason']).toBe('explicit');
    expect(span.spanContext().traceFlags & 1).toBe(1);
    expect(span.spanContext().traceState?.get('ot')).toBe('th:0');
  }
  expect(hold.stats()).toMatchObject({ kept: 3, held: 2 });
});

it('is true for a trace that is sampled anyway, and false where there is none or nobody holds it', async () => {
  const keepIn = (traceFlags: number): boolean => {
    const spanContext = { traceId: 'd'.repeat(32), spanId: 'd'.repeat(16), traceFlags };
    return context.with(trace.setSpanContext(context.active(), spanContext), keepTrace);
  };
  expect([keepTrace(), keepIn(0), keepIn(1)]).toEqual([false, false, true]);
  await hold.shutdown();
  expect(serve('after the end', keepTrace)).toBe(false);
});

it('keeps errors of real spans, and estimates what they take', () => {
  serve('ordinary', () => {
    trace
      .getActiveSpan()
      ?.setAttribute('text', 'x'.repeat(5000))
      .addEvent('e', { text: 'y'.repeat(3000) });
    trace.getActiveSpan()?.setAttribute('list', ['z'.repeat(2000)]);
  });
  expect(hold.stats().heldBytes).toBeGreaterThan(10_000);
  expect(hold.stats().heldBytes).toBeLessThan(13_000);
  serve('failed', () => trace.getActiveSpan()?.setStatus({ code: 2 }));
  expect(exported.map(({ name }) => name)).toEqual(['failed']);
});
