import { ROOT_CONTEXT } from '@opentelemetry/api';
import { DatadogPropagator } from '@throughline/propagators';
import { describe, expect, it } from 'vitest';
import { extract, extractSpan, type Headers, inject, local, SPAN_ID } from './carriers.ts';

const propagator = new DatadogPropagator();
// From 128-bit ids of Datadog's own tracers: seconds and zeros above, random bits below.
const HIGH = '640cfd8d00000000';
const LOW = 'ffffffffffffffff';
const LOW_DECIMAL = '18446744073709551615';
const PARENT = '987654321';
const PARENT_HEX = '000000003ade68b1';

const inbound: Headers = {
  'x-datadog-trace-id': LOW_DECIMAL,
  'x-datadog-parent-id': PARENT,
  'x-datadog-sampling-priority': '1',
  'x-datadog-tags': `_dd.p.tid=${HIGH},_dd.p.dm=-4`,
  'x-datadog-origin': 'rum',
};

describe('the Datadog headers are read', () => {
  it('with 128 bits of a trace id', () => {
    const expected = { traceId: HIGH + LOW, spanId: PARENT_HEX, traceFlags: 1, isRemote: true };
    expect(extractSpan(propagator, inbound)).toEqual(expected);
  });

  it.each([
    ['without tags', undefined],
    ['with a short upper half', '_dd.p.tid=640cfd8d'],
    ['with an upper half that is no number', '_dd.p.tid=zzzzfd8d00000000'],
    ['with tags that are too long', `_dd.p.tid=${HIGH},_dd.p.x=${'x'.repeat(512)}`],
  ])('with 64 bits of a trace id %s', (_, tags) => {
    expect(extractSpan(propagator, { ...inbound, 'x-datadog-tags': tags })?.traceId).toBe('0'.repeat(16) + LOW);
  });

  it.each([
    ['2', 1],
    ['1', 1],
    ['0', 0],
    ['-1', 0],
    ['7', 0],
    ['1 ', 0],
    [undefined, 0],
  ])('with priority %s', (priority, traceFlags) => {
    const headers = { ...inbound, 'x-datadog-sampling-priority': priority };
    expect(extractSpan(propagator, headers)?.traceFlags).toBe(traceFlags);
  });
});

describe('the Datadog headers are ignored with', () => {
  it.each<[string, Headers]>([
    ['no trace id', { 'x-datadog-trace-id': undefined }],
    ['no parent id', { 'x-datadog-parent-id': undefined }],
    ['a trace id of zero', { 'x-datadog-trace-id': '0' }],
    ['a parent id of zero', { 'x-datadog-parent-id': '0' }],
    ['a trace id of more than 64 bits', { 'x-datadog-trace-id': '18446744073709551616' }],
    ['a negative parent id', { 'x-datadog-parent-id': '-1' }],
    ['a hexadecimal trace id', { 'x-datadog-trace-id': '0x12' }],
    ['ids of a hundred thousand digits', { 'x-datadog-trace-id': '9'.repeat(100_000) }],
  ])('%s', (_, headers) => {
    expect(extract(propagator, { ...inbound, ...headers })).toBe(ROOT_CONTEXT);
  });
});

describe('the Datadog headers are written', () => {
  it('for a trace that began here', () => {
    expect(inject(propagator, local(HIGH + LOW, SPAN_ID, 1))).toEqual({
      'x-datadog-trace-id': LOW_DECIMAL,
      'x-datadog-parent-id': String(BigInt(`0x${SPAN_ID}`)),
      'x-datadog-sampling-priority': '1',
      'x-datadog-tags': `_dd.p.tid=${HIGH}`,
    });
    expect(inject(propagator, local('0'.repeat(16) + LOW, SPAN_ID, 0))).toEqual({
      'x-datadog-trace-id': LOW_DECIMAL,
      'x-datadog-parent-id': String(BigInt(`0x${SPAN_ID}`)),
      'x-datadog-sampling-priority': '0',
    });
    expect(inject(propagator, ROOT_CONTEXT)).toEqual({});
    expect(propagator.fields()).toHaveLength(5);
  });

  it('with priority, origin and tags that came in', () => {
    const remote = extract(propagator, { ...inbound, 'x-datadog-sampling-priority': '2' });
    const sent = inject(propagator, local(HIGH + LOW, SPAN_ID, 1, remote));
    expect(sent).toMatchObject({
      'x-datadog-sampling-priority': '2',
      'x-datadog-origin': 'rum',
      'x-datadog-tags': `_dd.p.tid=${HIGH},_dd.p.dm=-4`,
    });
  });

  it('with the sampled flag where a priority that came in contradicts it', () => {
    const keep = extract(propagator, { ...inbound, 'x-datadog-sampling-priority': '2' });
    const drop = extract(propagator, { ...inbound, 'x-datadog-sampling-priority': '-1' });
    const priority = (traceFlags: number, remote: typeof keep): string | undefined =>
      inject(propagator, local(HIGH + LOW, SPAN_ID, traceFlags, remote))['x-datadog-sampling-priority'];
    expect([priority(0, keep), priority(1, drop), priority(0, drop)]).toEqual(['0', '1', '-1']);
  });

  it('with nothing of another trace', () => {
    const sent = inject(propagator, local('1'.repeat(32), SPAN_ID, 1, extract(propagator, inbound)));
    expect(sent['x-datadog-origin']).toBeUndefined();
    expect(sent['x-datadog-tags']).toBe('_dd.p.tid=1111111111111111');
  });

  it('without an origin or tags that are not fit to be sent', () => {
    const remote = extract(propagator, {
      ...inbound,
      'x-datadog-origin': 'a\r\nb',
      'x-datadog-tags': `_dd.p.tid=${HIGH},_dd.p.dm=\r\nx: 1,usr.id=1,_dd.p.empty=,_dd.p.ok=a=b`,
    });
    const sent = inject(propagator, local(HIGH + LOW, SPAN_ID, 1, remote));
    expect(sent['x-datadog-origin']).toBeUndefined();
    expect(sent['x-datadog-tags']).toBe(`_dd.p.tid=${HIGH},_dd.p.ok=a=b`);
  });
});
