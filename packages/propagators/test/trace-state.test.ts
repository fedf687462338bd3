import { trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator, W3CTraceState } from '@throughline/propagators';
import { describe, expect, it } from 'vitest';
import { extract, extractSpan, inject, SPAN_ID, TRACE_ID } from './carriers.ts';

const propagator = new W3CTraceContextPropagator();
const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`;

function serialized(tracestate: unknown): string | undefined {
  return inject(propagator, extract(propagator, { traceparent, tracestate })).tracestate;
}

const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `k${index}=v`).join(',');

describe('a tracestate goes out as it came in', () => {
  it.each([
    ['in its order', 'foo=1,bar=2'],
    ['with a multi-tenant key', 'tenant@vendor=1'],
    ['with at signs anywhere but in front', 'a@=1,b@@c=2,d@e@f=3'],
    ['with a key that begins with a digit', '0a_-*/@=1'],
    ['with a key of 256 characters', `${'z'.repeat(256)}=1`],
    ['with a value of 256 characters', `a=${'~'.repeat(256)}`],
    ['with blanks inside of and in front of a value', 'a=  b c'],
    ['with 32 members', numbered(32)],
  ])('%s', (_, header) => {
    expect(serialized(header)).toBe(header);
  });

  it('without the blanks and empty members around the others', () => {
    expect(serialized(' \t, foo=1 \t , ,\tbar=2,, ')).toBe('foo=1,bar=2');
  });

  it('with its lines joined in their order', () => {
    expect(serialized(['foo=1,bar=2', '', 'baz=3'])).toBe('foo=1,bar=2,baz=3');
  });

  it('without lines that are no text', () => {
    expect(serialized(['foo=1', 7, null, Symbol('line')])).toBe('foo=1');
  });

  it('with the first of members that have one key', () => {
    expect(serialized('foo=1,bar=2,foo=3')).toBe('foo=1,bar=2');
  });
});

describe('a tracestate is dropped as a whole, and the trace continues, if it has', () => {
  it.each([
    ['an upper-case key', 'Foo=1,bar=2'],
    ['a key with a blank', 'foo =1,bar=2'],
    ['a key with a dot', 'foo.bar=1'],
    ['an at sign in front of a key', '@foo=1,bar=2'],
    ['a key that begins with an underscore', '_foo=1'],
    ['an empty key', '=1,bar=2'],
    ['a key of 257 characters', `foo=1,${'z'.repeat(257)}=1`],
    ['an empty value', 'foo=,bar=3'],
    ['a value with an equals sign', 'foo=bar=baz'],
    ['a value of 257 characters', `foo=${'v'.repeat(257)}`],
    ['a value with a tab inside', 'foo=a\tb'],
    ['a value beyond ASCII', 'foo=é'],
    ['a line break', 'foo=1\r\nx-injected: 1'],
    ['a member without an equals sign', 'foo,bar=2'],
    ['33 members', numbered(33)],
    ['33 members with the same key', Array(33).fill('a=1').join(',')],
    ['nothing in it', ''],
  ])('%s', (_, tracestate) => {
    expect(extractSpan(propagator, { traceparent, tracestate })?.traceId).toBe(TRACE_ID);
    expect(serialized(tracestate)).toBeUndefined();
  });
});

it('a tracestate without a valid traceparent is not read', () => {
  expect(extractSpan(propagator, { tracestate: 'foo=1' })).toBeUndefined();
  expect(extractSpan(propagator, { traceparent: 'garbage', tracestate: 'foo=1' })).toBeUndefined();
});

describe('more than 512 characters', () => {
  const long = `long=${'x'.repeat(200)}`;
  const short = (index: number): string => `s${String(index).padStart(2, '0')}=${'y'.repeat(36)}`;
  const shorts = (count: number): string => Array.from({ length: count }, (_, index) => short(index)).join(',');

  it('make the members above 128 characters give way first', () => {
    expect(serialized(`${long},${shorts(10)}`)).toBe(shorts(10));
  });

  it('make members give way from the right, whole ones, when none of them is long', () => {
    expect(shorts(12)).toHaveLength(12 * 41 - 1);
    expect(serialized(shorts(20))).toBe(shorts(12));
  });

  it('are one more than 512', () => {
    const filled = `${shorts(12)},ab=${'z'.repeat(17)}`;
    expect(filled).toHaveLength(512);
    expect(serialized(filled)).toBe(filled);
    expect(serialized(`${filled}z`)).toBe(shorts(12));
  });

  it('leave a long member alone if what remains fits', () => {
    expect(serialized(`${long},b=2,${long.replace('long', 'longer')}`)).toBe(
      `${long},b=2,${long.replace('long', 'longer')}`,
    );
  });
});

describe('the trace state of a span', () => {
  const state = W3CTraceState.parse('foo=1,bar=2');

  it('puts a member that is set in front, and does not change itself', () => {
    expect(state.set('bar', '3').serialize()).toBe('bar=3,foo=1');
    expect(state.set('new', '4').serialize()).toBe('new=4,foo=1,bar=2');
    expect(state.unset('foo').serialize()).toBe('bar=2');
    expect(state.serialize()).toBe('foo=1,bar=2');
    expect([state.get('foo'), state.get('nothing'), state.get('__proto__')]).toEqual(['1', undefined, undefined]);
  });

  it('lets the right-most member go when a 33rd is set', () => {
    expect(W3CTraceState.parse(numbered(32)).set('mine', '1').serialize()).toBe(`mine=1,${numbered(31)}`);
  });

  it.each([
    ['Key', '1'],
    ['key', 'a,b'],
    ['key', 'a\r\nb'],
    ['key', ''],
    ['key', 'blank '],
  ])('refuses to set %j to %j', (key, value) => {
    expect(state.set(key, value)).toBe(state);
  });

  it('is the one of the extracted span context', () => {
    const context = extract(propagator, { traceparent, tracestate: 'foo=1' });
    expect(trace.getSpanContext(context)?.traceState?.get('foo')).toBe('1');
  });
});
