import { context, ROOT_CONTEXT, type Span, type SpanContext, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ConsoleProcessor } from '../src/console-processor.ts';
import { LossCounter } from '../src/loss.ts';

const drawn: string[] = [];
let accepts = true;
const loss = new LossCounter();
const processor = new ConsoleProcessor(loss, (text) => {
  if (accepts) drawn.push(text);
  return accepts;
});
const tracer = new NodeTracerProvider({ spanProcessors: [processor] }).getTracer('test');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  await processor.forceFlush();
  drawn.length = 0;
  accepts = true;
  vi.useRealTimers();
});

function startSpan(name: string, parent?: Span | SpanContext): Span {
  if (parent === undefined) return tracer.startSpan(name, {}, ROOT_CONTEXT);
  const span = 'spanContext' in parent ? parent : trace.wrapSpanContext(parent);
  return tracer.startSpan(name, {}, trace.setSpan(context.active(), span));
}

it('draws a trace when its last span of this process has ended', () => {
  const root = startSpan('root');
  const child = startSpan('child', root);
  root.end();
  expect(drawn).toEqual([]);
  child.end();
  expect(drawn).toHaveLength(1);
  expect(drawn[0]).toMatch(/root[\s\S]+└─ child/);
});

it('draws as one the parts of a trace that calls its own process', () => {
  const outer = startSpan('outer');
  const inner = startSpan('inner', { ...outer.spanContext(), isRemote: true });
  inner.end();
  outer.end();
  expect(drawn).toHaveLength(1);
});

it('does not wait for spans that never end, and draws late ones by themselves', () => {
  const root = startSpan('root');
  const late = startSpan('late', root);
  root.end();
  vi.advanceTimersByTime(1000);
  expect(drawn).toHaveLength(1);
  late.end();
  expect(drawn).toHaveLength(2);
  expect(drawn[1]).toContain('late');
});

it('keeps 100 open traces and 1,000 spans of each at most', () => {
  for (let index = 0; index < 150; index++) {
    const root = startSpan('forgotten');
    startSpan('child', root).end();
  }
  expect(drawn).toHaveLength(50);
  expect(processor.pending).toBe(100);
  const before = loss.counts.dropped;
  const root = startSpan('root');
  for (let index = 0; index < 1500; index++) startSpan('child', root).end();
  root.end();
  expect(loss.counts.dropped - before).toBe(501);
  expect(drawn.at(-1)?.split('\n').length).toBeLessThan(1005);
});

it('counts what stdout does not take', () => {
  accepts = false;
  const before = loss.counts;
  startSpan('root').end();
  expect(loss.counts).toEqual({ ...before, failed: before.failed + 1 });
});

it('shows the status code and the error type of a failed exchange', () => {
  const span = startSpan('GET /cart');
  span.setAttributes({ 'http.response.status_code': 503, 'error.type': '503' });
  span.setStatus({ code: 2 });
  span.end();
  expect(drawn[0]).toMatch(/GET \/cart +✗503 /);
});
