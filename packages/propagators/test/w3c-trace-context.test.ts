import { type Context, createContextKey, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  type IdGenerator,
  NodeTracerProvider,
  RandomIdGenerator,
  type Sampler,
} from '@opentelemetry/sdk-trace-node';
import { B3Propagator, W3CTraceContextPropagator } from '@throughline/propagators';
import { describe, expect, it } from 'vitest';
import { extract, inject, local, SPAN_ID, TRACE_ID } from './carriers.ts';

const propagator = new W3CTraceContextPropagator();

function startSpan(parent: Context, options: { sampler?: Sampler; idGenerator?: IdGenerator } = {}): Context {
  const span = new NodeTracerProvider(options).getTracer('test').startSpan('s', { kind: SpanKind.SERVER }, parent);
  span.end();
  return trace.setSpan(parent, span);
}

function sentBy(context: Context, by = propagator): string[] {
  return inject(by, context).traceparent?.split('-') ?? [];
}

describe('a span of the SDK, and a child of it, send', () => {
  it.each([
    ['the random flag that came in', '03', '03'],
    ['no random flag if none came in', '01', '01'],
  ])('%s', (_, inbound, outbound) => {
    const remote = extract(propagator, { traceparent: `00-${TRACE_ID}-${SPAN_ID}-${inbound}`, tracestate: 'foo=1' });
    const server = startSpan(remote);
    const client = startSpan(server);
    for (const context of [server, client]) {
      const [version, traceId, spanId, flags] = sentBy(context);
      expect([version, traceId, flags]).toEqual(['00', TRACE_ID, outbound]);
      expect(spanId).toBe(trace.getSpanContext(context)?.spanId);
      expect(inject(propagator, context).tracestate).toBe('foo=1');
    }
    expect(sentBy(server)[2]).not.toBe(sentBy(client)[2]);
  });

  it('the random flag beside a sampling decision of their own', () => {
    const sampled = extract(propagator, { traceparent: `00-${TRACE_ID}-${SPAN_ID}-03` });
    expect(sentBy(startSpan(sampled, { sampler: new AlwaysOffSampler() }))[3]).toBe('02');
  });

  it('the random flag with a trace that began here', () => {
    const server = startSpan(ROOT_CONTEXT);
    expect(sentBy(server)[3]).toBe('03');
    expect(sentBy(startSpan(server))[3]).toBe('03');
    expect(sentBy(startSpan(ROOT_CONTEXT, { sampler: new AlwaysOffSampler() }))[3]).toBe('02');
  });

  it('no random flag with a trace that began here if its ids are said not to be random', () => {
    const ids = new RandomIdGenerator();
    let count = 0;
    const idGenerator = {
      generateTraceId: () => String(++count).padStart(32, '0'),
      generateSpanId: () => ids.generateSpanId(),
    };
    const own = new W3CTraceContextPropagator({ randomTraceIds: false });
    expect(sentBy(startSpan(ROOT_CONTEXT, { idGenerator }), own)[3]).toBe('01');
  });

  it('the random flag with a new trace that was started in the context of a trace without it', () => {
    const remote = extract(propagator, { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` });
    const own = startSpan(trace.deleteSpan(remote));
    const [, traceId, , flags] = sentBy(own);
    expect(traceId).not.toBe(TRACE_ID);
    expect(flags).toBe('03');
  });

  it('no random flag with a trace that came in by a format that does not know it', () => {
    const remote = extract(new B3Propagator(), { b3: `${TRACE_ID}-${SPAN_ID}-1` });
    expect(sentBy(startSpan(remote))[3]).toBe('01');
  });
});

it('without an SDK the trace context passes through unchanged', () => {
  const headers = { traceparent: `00-${TRACE_ID}-${SPAN_ID}-03`, tracestate: 'foo=1' };
  expect(inject(propagator, extract(propagator, headers))).toEqual(headers);
});

it('flags of a span context that another propagator has extracted pass through', () => {
  for (const traceFlags of [1, 3]) {
    const foreign = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      traceFlags,
      isRemote: true,
    });
    expect(sentBy(foreign)[3]).toBe(`0${traceFlags}`);
  }
});

it('no header is sent without a span, with invalid ids, or where tracing is suppressed', () => {
  const suppressed = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
  expect(inject(propagator, ROOT_CONTEXT)).toEqual({});
  expect(inject(propagator, local('0'.repeat(32), SPAN_ID, 1))).toEqual({});
  expect(inject(propagator, local(TRACE_ID, SPAN_ID, 1).setValue(suppressed, true))).toEqual({});
});

it('whether own ids are random is what the option says, whatever the span says', () => {
  const random = local(TRACE_ID, SPAN_ID, 3);
  expect(sentBy(random, new W3CTraceContextPropagator({ randomTraceIds: false }))[3]).toBe('01');
});

it('unknown flags of a local span are not sent', () => {
  expect(sentBy(local(TRACE_ID, SPAN_ID, 0xfd))[3]).toBe('03');
});

it('a wrong option throws at once', () => {
  expect(() => new W3CTraceContextPropagator({ randomTraceIds: 'no' as never })).toThrow(
    '[propagators] Expected `randomTraceIds` to be a boolean, got the string "no".',
  );
  expect(() => new W3CTraceContextPropagator({ random: true } as never)).toThrow(
    '[propagators] There is no option `random`. Use `randomTraceIds`.',
  );
});

it('the names of its headers are known', () => {
  expect(propagator.fields()).toEqual(['traceparent', 'tracestate']);
});
