import { createContextKey, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { JaegerPropagator } from '@throughline/propagators';
import { describe, expect, it } from 'vitest';
import { extract, extractSpan, type Headers, inject, local, SPAN_ID, TRACE_ID } from './carriers.ts';

const propagator = new JaegerPropagator();

const entries = (headers: Headers): (readonly [string, string])[] | undefined =>
  propagation
    .getBaggage(extract(propagator, headers))
    ?.getAllEntries()
    .map(([key, { value }]) => [key, value]);

describe('uber-trace-id is read', () => {
  it.each([
    ['sampled', `${TRACE_ID}:${SPAN_ID}:0:1`, 1],
    ['not sampled', `${TRACE_ID}:${SPAN_ID}:0:00`, 0],
    ['debug, which means sampled', `${TRACE_ID}:${SPAN_ID}:0:2`, 1],
    ['with flags that have no meaning here', `${TRACE_ID}:${SPAN_ID}:0:9`, 1],
    ['with a parent', `${TRACE_ID}:${SPAN_ID}:05e3ac9a4f6e3b90:01`, 1],
    ['with encoded colons', `${TRACE_ID}%3A${SPAN_ID}%3a0%3A1`, 1],
    ['in upper case', `${TRACE_ID.toUpperCase()}:${SPAN_ID.toUpperCase()}:0:1`, 1],
  ])('%s', (_, header, traceFlags) => {
    const expected = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags, isRemote: true };
    expect(extractSpan(propagator, { 'uber-trace-id': header })).toEqual(expected);
  });

  it('with short ids padded', () => {
    const { traceId, spanId } = extractSpan(propagator, { 'uber-trace-id': 'abc:1:0:1' }) ?? {};
    expect([traceId, spanId]).toEqual(['abc'.padStart(32, '0'), '1'.padStart(16, '0')]);
  });
});

describe('uber-trace-id is ignored with', () => {
  it.each([
    ['nothing in it', ''],
    ['a trace id of zeros', `0:${SPAN_ID}:0:1`],
    ['a span id of zeros', `${TRACE_ID}:0:0:1`],
    ['an empty span id', `${TRACE_ID}::0:1`],
    ['a long trace id', `0${TRACE_ID}:${SPAN_ID}:0:1`],
    ['a long span id', `${TRACE_ID}:0${SPAN_ID}:0:1`],
    ['no flags', `${TRACE_ID}:${SPAN_ID}:0`],
    ['flags that are no number', `${TRACE_ID}:${SPAN_ID}:0:x`],
    ['flags of three digits', `${TRACE_ID}:${SPAN_ID}:0:001`],
    ['too many fields', `${TRACE_ID}:${SPAN_ID}:0:1:1`],
    ['broken percent-encoding', `${TRACE_ID}%${SPAN_ID}%0%1`],
  ])('%s', (_, header) => {
    expect(extract(propagator, { 'uber-trace-id': header })).toBe(ROOT_CONTEXT);
  });
});

describe('uber-trace-id is written', () => {
  it('with the ids of the active span', () => {
    expect(inject(propagator, local(TRACE_ID, SPAN_ID, 3))).toEqual({ 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:01` });
    expect(inject(propagator, local(TRACE_ID, SPAN_ID, 2))).toEqual({ 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:00` });
    expect(propagator.fields()).toEqual(['uber-trace-id']);
  });

  it('with the debug flag that came in, unless the span is not sampled', () => {
    const remote = extract(propagator, { 'uber-trace-id': `${TRACE_ID}:1:0:3` });
    expect(inject(propagator, local(TRACE_ID, SPAN_ID, 1, remote))['uber-trace-id']).toMatch(/:03$/);
    expect(inject(propagator, local(TRACE_ID, SPAN_ID, 0, remote))['uber-trace-id']).toMatch(/:00$/);
  });
});

describe('baggage in uberctx- headers', () => {
  it('is read, decoded, without a trace as well', () => {
    expect(
      entries({ 'uberctx-tenant': 'a%20b', 'Uberctx-User': 'Am%C3%A9lie', other: 'x', 'uberctx-': 'no key' }),
    ).toEqual([
      ['tenant', 'a b'],
      ['User', 'Amélie'],
    ]);
    expect(entries({ 'uberctx-broken': '%zz%ff' })).toEqual([['broken', '%zz\uFFFD']]);
    expect(entries({})).toBeUndefined();
  });

  it('is written, encoded, but for keys that no header can have', () => {
    const context = extract(propagator, { 'uberctx-tenant': 'a%20b' });
    const baggage = propagation.getBaggage(context)?.setEntry('k\r\n', { value: '1' }).setEntry('l', { value: '\r\n' });
    const sent = inject(propagator, propagation.setBaggage(context, baggage as NonNullable<typeof baggage>));
    expect(sent).toEqual({ 'uberctx-tenant': 'a%20b', 'uberctx-l': '%0D%0A' });
    const suppressed = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
    expect(inject(propagator, context.setValue(suppressed, true))).toEqual({});
  });

  it('has the limits of W3C baggage, by whole entries', () => {
    const headers = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`uberctx-k${index}`, 'v']));
    expect(entries(headers)).toHaveLength(512);
    expect(entries({ 'uberctx-big': 'v'.repeat(9000), 'uberctx-small': '1' })).toEqual([['small', '1']]);
    const halves = { 'uberctx-a': 'v'.repeat(5000), 'uberctx-b': 'v'.repeat(5000), 'uberctx-c': '1' };
    expect(entries(halves)?.map(([key]) => key)).toEqual(['a', 'c']);
    const twoHalves = propagation.createBaggage({ a: { value: 'v'.repeat(5000) }, b: { value: 'v'.repeat(5000) } });
    expect(Object.keys(inject(propagator, propagation.setBaggage(ROOT_CONTEXT, twoHalves)))).toEqual(['uberctx-a']);
    const big = propagation.createBaggage({ big: { value: 'v'.repeat(9000) }, small: { value: '1' } });
    expect(inject(propagator, propagation.setBaggage(ROOT_CONTEXT, big))).toEqual({ 'uberctx-small': '1' });
  });
});
