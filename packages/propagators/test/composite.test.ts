import {
  createContextKey,
  DiagLogLevel,
  diag,
  propagation,
  ROOT_CONTEXT,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api';
import { compositePropagator, type PropagatorName, propagatorNames, propagatorsByName } from '@throughline/propagators';
import { afterEach, describe, expect, it } from 'vitest';
import { extract, extractSpan, inject, local, SPAN_ID, TRACE_ID } from './carriers.ts';

const ids = { w3c: '1'.repeat(32), b3: '2'.repeat(32), jaeger: '3'.repeat(32) };
const everything = {
  traceparent: `00-${ids.w3c}-${SPAN_ID}-03`,
  tracestate: 'foo=1',
  b3: `${ids.b3}-${SPAN_ID}-d`,
  'uber-trace-id': `${ids.jaeger}:${SPAN_ID}:0:1`,
  'uberctx-tenant': 'jaeger',
  baggage: 'tenant=w3c',
};

function tenant(formats: readonly PropagatorName[], headers: Record<string, string> = everything): string | undefined {
  const context = extract(compositePropagator({ extract: formats }), headers);
  return propagation.getBaggage(context)?.getEntry('tenant')?.value;
}

describe('of several formats', () => {
  it('the first one that yields a trace wins', () => {
    const traceIdBy = (...formats: PropagatorName[]): string | undefined =>
      extractSpan(compositePropagator({ extract: formats }), everything)?.traceId;
    expect(traceIdBy('tracecontext', 'b3', 'jaeger')).toBe(ids.w3c);
    expect(traceIdBy('b3', 'tracecontext')).toBe(ids.b3);
    expect(traceIdBy('baggage', 'xray', 'jaeger', 'b3')).toBe(ids.jaeger);
    expect(traceIdBy('datadog', 'xray')).toBeUndefined();
  });

  it('one with invalid headers leaves it to the next', () => {
    const headers = { ...everything, traceparent: 'garbage' };
    expect(extractSpan(compositePropagator({ extract: ['tracecontext', 'b3'] }), headers)?.traceId).toBe(ids.b3);
  });

  it('a later one leaves nothing of its own in the trace', () => {
    const remote = extract(compositePropagator({ extract: ['tracecontext', 'b3'] }), everything);
    const sent = inject(compositePropagator({ inject: ['tracecontext', 'b3'] }), local(ids.w3c, SPAN_ID, 1, remote));
    expect(sent).toEqual({ traceparent: `00-${ids.w3c}-${SPAN_ID}-03`, b3: `${ids.w3c}-${SPAN_ID}-1` });
  });

  it('the first one that yields baggage wins, whoever yields the trace', () => {
    expect(tenant(['tracecontext', 'baggage', 'jaeger'])).toBe('w3c');
    expect(tenant(['tracecontext', 'jaeger', 'baggage'])).toBe('jaeger');
    expect(tenant(['jaeger', 'tracecontext', 'baggage'])).toBe('jaeger');
    expect(tenant(['tracecontext', 'baggage', 'jaeger'], { ...everything, baggage: '' })).toBe('jaeger');
    expect(tenant(['tracecontext'])).toBeUndefined();
  });

  it('all chosen ones are written', () => {
    const composite = compositePropagator({ inject: ['tracecontext', 'b3multi', 'datadog'] });
    expect(Object.keys(inject(composite, local(TRACE_ID, SPAN_ID, 1))).sort()).toEqual([
      'traceparent',
      'x-b3-sampled',
      'x-b3-spanid',
      'x-b3-traceid',
      'x-datadog-parent-id',
      'x-datadog-sampling-priority',
      'x-datadog-tags',
      'x-datadog-trace-id',
    ]);
    expect(composite.fields()).toContain('x-datadog-origin');
  });
});

it('trace context and baggage of the W3C are the default both ways', () => {
  const composite = compositePropagator();
  const { traceparent, tracestate, baggage } = everything;
  expect(inject(composite, extract(composite, everything))).toEqual({ traceparent, tracestate, baggage });
  expect(composite.fields()).toEqual(['traceparent', 'tracestate', 'baggage']);
});

it('a trace and baggage that were in the context before are replaced by what comes in, and only by that', () => {
  const before = propagation.setBaggage(
    local(TRACE_ID, SPAN_ID, 1),
    propagation.createBaggage({ tenant: { value: 'before' } }),
  );
  const composite = compositePropagator({ extract: ['b3', 'tracecontext', 'baggage'] });
  expect(extract(composite, {}, before)).toBe(before);
  const after = extract(composite, { b3: everything.b3, baggage: 'tenant=after' }, before);
  expect(trace.getSpanContext(after)?.traceId).toBe(ids.b3);
  expect(propagation.getBaggage(after)?.getEntry('tenant')?.value).toBe('after');
});

describe('propagators of other makers', () => {
  const key = createContextKey('test');
  const own: TextMapPropagator = {
    inject: (context, carrier, setter) => setter.set(carrier, 'x-own', String(context.getValue(key))),
    extract: (context, carrier, getter) => context.setValue(key, getter.get(carrier, 'x-own')),
    fields: () => ['x-own'],
  };
  const broken: TextMapPropagator = {
    inject() {
      throw new Error('inject');
    },
    extract() {
      throw new Error('extract');
    },
    fields: () => [],
  };
  const invalid: TextMapPropagator = {
    ...own,
    extract: (context) => trace.setSpanContext(context, { traceId: 'zero', spanId: 'zero', traceFlags: 1 }),
  };

  afterEach(() => diag.disable());

  it('work beside ours', () => {
    const composite = compositePropagator({ extract: ['tracecontext', own], inject: [own, 'tracecontext'] });
    const context = extract(composite, { ...everything, 'x-own': 'mine' });
    expect(inject(composite, context)).toMatchObject({ 'x-own': 'mine', traceparent: everything.traceparent });
  });

  it('that throw do not keep the others from their work', () => {
    const errors: unknown[] = [];
    const silent = (): void => {};
    const logger = {
      error: (...args: unknown[]) => errors.push(args),
      warn: silent,
      info: silent,
      debug: silent,
      verbose: silent,
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR });
    const composite = compositePropagator({ extract: [broken, 'tracecontext'], inject: [broken, 'tracecontext'] });
    expect(inject(composite, extract(composite, everything)).traceparent).toBe(everything.traceparent);
    expect(errors).toHaveLength(2);
  });

  it('that yield invalid ids leave it to the next', () => {
    expect(extractSpan(compositePropagator({ extract: [invalid, 'b3'] }), everything)?.traceId).toBe(ids.b3);
    expect(extract(compositePropagator({ extract: [invalid] }), everything)).toBe(ROOT_CONTEXT);
  });
});

describe('names', () => {
  it('make a propagator each, once', () => {
    expect(propagatorNames).toEqual(['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'datadog']);
    expect(propagatorsByName([...propagatorNames, 'b3'])).toHaveLength(7);
    expect(propagatorsByName([])).toEqual([]);
    for (const name of propagatorNames) expect(propagatorsByName([name])[0]?.fields().length).toBeGreaterThan(0);
  });

  it('that are unknown throw at once', () => {
    const message =
      '[propagators] There is no propagator "zipkin". Use one of `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger`, `xray`, `datadog`.';
    expect(() => propagatorsByName(['zipkin'])).toThrow(new TypeError(message));
    expect(() => compositePropagator({ extract: ['zipkin' as never] })).toThrow(message);
    expect(() => propagatorsByName(['__proto__'])).toThrow('There is no propagator "__proto__"');
  });

  it('in place of a list, and unknown options, throw at once', () => {
    expect(() => compositePropagator({ inject: 'b3' as never })).toThrow(
      '[propagators] Expected `inject` to be an array of names and propagators, got the string "b3".',
    );
    expect(() => compositePropagator({ extract: [{} as never] })).toThrow('Expected `extract` to be an array of names');
    expect(() => compositePropagator({ read: [] } as never)).toThrow(
      'There is no option `read`. Use `extract` or `inject`.',
    );
    expect(() => compositePropagator(null as never)).toThrow('Expected the options to be an object, got null.');
  });
});
