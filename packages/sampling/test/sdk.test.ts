import {
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Sampler as SdkSampler, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import {
  adaptiveSampler,
  consistentSampler,
  jaegerRemoteSampler,
  rateLimitSampler,
  ruleSampler,
  type Sampler,
} from '@throughline/sampling';
import { afterEach, expect, it } from 'vitest';
import { type RecordedSpan, sdkProvider } from './sdk-provider.ts';

propagation.setGlobalPropagator(new W3CTraceContextPropagator());

const ended: RecordedSpan[] = [];
afterEach(() => {
  ended.length = 0;
});

async function tracerWith(sampler: Sampler) {
  const provider = await sdkProvider(sampler, { onStart: () => {}, onEnd: (span) => ended.push(span) });
  return provider.getTracer('test');
}

function extract(traceparent: string, tracestate?: string): Context {
  return propagation.extract(ROOT_CONTEXT, { traceparent, tracestate });
}

function inject(span: Span): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), headers);
  return headers;
}

const stateOf = (span: Span | RecordedSpan): string | undefined => span.spanContext().traceState?.serialize();
const HIGH = '0af7651916cd43dd84c0000000000000';
const PARENT = '00f067aa0ba902b7';

it('samples the share of the traces that begin here, and says so in every span and header of them', async () => {
  const tracer = await tracerWith(consistentSampler({ ratio: 0.25 }));
  let kept = 0;
  for (let index = 0; index < 4000; index++) {
    const root = tracer.startSpan('root', { root: true });
    const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, root));
    const { traceId, traceFlags } = root.spanContext();
    expect(child.spanContext().traceFlags & 1).toBe(traceFlags & 1);
    expect([root.isRecording(), child.isRecording()]).toEqual([(traceFlags & 1) === 1, (traceFlags & 1) === 1]);
    expect((traceFlags & 1) === 1).toBe(traceId.slice(18) >= 'c0000000000000');
    const expected = (traceFlags & 1) === 1 ? 'ot=th:c' : undefined;
    expect([stateOf(root), stateOf(child), inject(child).tracestate]).toEqual([expected, expected, expected]);
    kept += traceFlags & 1;
    child.end();
    root.end();
  }
  expect(ended.length).toBe(2 * kept);
  expect(Math.abs(kept - 1000)).toBeLessThan(6 * Math.sqrt(4000 * 0.25 * 0.75));
});

it('records what it does not sample, where it is told to', async () => {
  const tracer = await tracerWith(consistentSampler({ ratio: 0, record: true }));
  const root = tracer.startSpan('root', { root: true });
  const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, root));
  expect([root.isRecording(), child.isRecording()]).toEqual([true, true]);
  expect(inject(child)).toEqual({ traceparent: expect.stringMatching(/-0[02]$/) });
  child.end();
  root.end();
  expect(ended.map(({ name }) => name)).toEqual(['child', 'root']);
});

it.each([
  ['a sampled trace goes on with its share', '01', 'ot=th:8;x:y,v=1', 1, 'ot=th:8;x:y,v=1'],
  ['a sampled trace loses a share that cannot be', '01', 'ot=th:d;x:y,v=1', 1, 'ot=x:y,v=1'],
  ['a dropped trace loses a share that cannot be', '00', 'v=1,ot=th:8', 0, 'v=1'],
  ['a dropped trace stays dropped', '00', undefined, 0, undefined],
  ['a sampled trace without a share stays without', '03', 'v=1', 1, 'v=1'],
])('continues a trace of another service: %s', async (_what, flags, tracestate, sampled, expected) => {
  for (const sampler of [consistentSampler({ ratio: 0 }), consistentSampler({ ratio: 1 })]) {
    const tracer = await tracerWith(sampler);
    const span = tracer.startSpan('server', {}, extract(`00-${HIGH}-${PARENT}-${flags}`, tracestate));
    expect([span.spanContext().traceFlags & 1, stateOf(span) || undefined]).toEqual([sampled, expected]);
    expect(inject(span).tracestate).toBe(expected);
    span.end();
  }
});

it.each<[string, SpanKind, Record<string, string>, number]>([
  ['the stable conventions', SpanKind.SERVER, { 'http.request.method': 'GET', 'url.path': '/health' }, 0],
  ['the old conventions', SpanKind.SERVER, { 'http.method': 'GET', 'http.target': '/health?deep=1' }, 0],
  ['a route known at the start', SpanKind.SERVER, { 'http.request.method': 'GET', 'http.route': '/health' }, 0],
  ['another path', SpanKind.SERVER, { 'http.request.method': 'GET', 'url.path': '/other' }, 1],
  ['a call', SpanKind.CLIENT, { 'http.request.method': 'GET', 'url.full': 'http://x/health' }, 1],
])('applies rules to what instrumentations start spans with: %s', async (_what, kind, attributes, sampled) => {
  const tracer = await tracerWith(ruleSampler({ rules: [{ route: '/health', method: 'GET', ratio: 0 }] }));
  const span = tracer.startSpan('GET', { kind, attributes });
  expect(span.spanContext().traceFlags & 1).toBe(sampled);
  span.end();
});

it('hears of failures as a span processor', async () => {
  let timeMs = 0;
  const sampler = adaptiveSampler({ target: 1, errors: { above: 0, times: 1000 }, now: () => timeMs });
  const { observer } = sampler;
  const provider = await sdkProvider(sampler, {
    onStart: (span) => observer.onStart(span),
    onEnd: (span) => observer.onEnd(span),
  });
  const tracer = provider.getTracer('test');
  const keptOfHundred = (code: SpanStatusCode): number => {
    let kept = 0;
    for (let index = 0; index < 100; index++) {
      timeMs += 1;
      const span = tracer.startSpan('GET', { kind: SpanKind.SERVER });
      span.updateName('GET /orders/:id').setStatus({ code });
      span.end();
      kept += span.spanContext().traceFlags & 1;
    }
    return kept;
  };
  expect(keptOfHundred(SpanStatusCode.UNSET)).toBeLessThan(30);
  const span = tracer.startSpan('GET', { kind: SpanKind.SERVER }, extract(`00-${HIGH}-${PARENT}-01`));
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
  expect(keptOfHundred(SpanStatusCode.UNSET)).toBe(100);
  await provider.shutdown();
});

it('fits the types of the SDK', () => {
  // The type check is the test; at run time there is nothing to see but that it is there.
  const sampler: SdkSampler = consistentSampler();
  const observer: SpanProcessor = adaptiveSampler().observer;
  expect([typeof sampler.shouldSample, typeof observer.onEnd]).toEqual(['function', 'function']);
});

it('has a name in every SDK dump', () => {
  const jaeger = jaegerRemoteSampler({ serviceName: 'x', endpoint: 'http://127.0.0.1:1/', ratio: 0.5 });
  jaeger.stop();
  const samplers = [
    consistentSampler({ ratio: 0.1 }),
    ruleSampler(),
    rateLimitSampler({ perSecond: 5 }),
    adaptiveSampler({ target: 3 }),
    jaeger,
  ];
  expect(samplers.map(String)).toEqual([
    'ConsistentSampler{0.1}',
    'RuleSampler{1}',
    'RateLimitSampler{5/s}',
    'AdaptiveSampler{3/s}',
    'JaegerRemoteSampler{0.5 until Jaeger answers}',
  ]);
});
