import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { B3Propagator } from '@throughline/propagators';
import { describe, expect, it } from 'vitest';
import { extract, extractSpan, type Headers, inject, local, SPAN_ID, TRACE_ID } from './carriers.ts';

const single = new B3Propagator();
const multi = new B3Propagator({ inject: 'multi' });
const PARENT = '05e3ac9a4f6e3b90';
const ids = { 'x-b3-traceid': TRACE_ID, 'x-b3-spanid': SPAN_ID };

describe('B3 is read, whichever form is written,', () => {
  it.each<[string, Headers, number]>([
    ['from one header, sampled', { b3: `${TRACE_ID}-${SPAN_ID}-1` }, 1],
    ['from one header, not sampled', { b3: `${TRACE_ID}-${SPAN_ID}-0` }, 0],
    ['from one header, debug', { b3: `${TRACE_ID}-${SPAN_ID}-d` }, 1],
    ['from one header, without a decision', { b3: `${TRACE_ID}-${SPAN_ID}` }, 0],
    ['from one header, with a parent', { b3: `${TRACE_ID}-${SPAN_ID}-1-${PARENT}` }, 1],
    ['from several headers, sampled', { ...ids, 'x-b3-sampled': '1', 'x-b3-parentspanid': PARENT }, 1],
    ['from several headers, sampled in the old way', { ...ids, 'x-b3-sampled': 'true' }, 1],
    ['from several headers, not sampled', { ...ids, 'x-b3-sampled': '0' }, 0],
    ['from several headers, debug', { ...ids, 'x-b3-flags': '1' }, 1],
    ['from several headers, without a decision', ids, 0],
    ['from one header before several', { b3: `${TRACE_ID}-${SPAN_ID}-1`, ...ids, 'x-b3-spanid': PARENT }, 1],
    ['from several headers when the one is broken', { b3: 'broken', ...ids, 'x-b3-sampled': '1' }, 1],
  ])('%s', (_, headers, traceFlags) => {
    for (const propagator of [single, multi]) {
      expect(extractSpan(propagator, headers)).toEqual({
        traceId: TRACE_ID,
        spanId: SPAN_ID,
        traceFlags,
        isRemote: true,
      });
    }
  });

  it('with short trace ids padded', () => {
    const padded = TRACE_ID.slice(16).padStart(32, '0');
    expect(extractSpan(single, { b3: `${TRACE_ID.slice(16)}-${SPAN_ID}-1` })?.traceId).toBe(padded);
    expect(extractSpan(single, { ...ids, 'x-b3-traceid': TRACE_ID.slice(16) })?.traceId).toBe(padded);
  });
});

describe('a request that only says "not sampled"', () => {
  it.each<[string, Headers]>([
    ['in one header', { b3: '0' }],
    ['in several headers', { 'x-b3-sampled': '0' }],
    ['in the old way', { 'x-b3-sampled': 'false' }],
  ])('%s continues an unsampled trace of fresh ids', (_, headers) => {
    const [first, second] = [extractSpan(single, headers), extractSpan(single, headers)];
    expect(first?.isRemote).toBe(true);
    expect((first?.traceFlags as number) & 1).toBe(0);
    expect(first?.traceId).toMatch(/^[\da-f]{32}$/);
    expect(first?.traceId).not.toBe(second?.traceId);
  });

  it('is not what "sampled" or "debug" alone mean: these leave the decision to the sampler', () => {
    for (const headers of [{ b3: '1' }, { b3: 'd' }, { 'x-b3-sampled': '1' }, { 'x-b3-flags': '1' }]) {
      expect(extract(single, headers)).toBe(ROOT_CONTEXT);
    }
  });
});

describe('B3 is ignored with', () => {
  it.each<[string, Headers]>([
    ['nothing in it', { b3: '' }],
    ['a trace id of zeros', { b3: `${'0'.repeat(32)}-${SPAN_ID}-1` }],
    ['a span id of zeros', { b3: `${TRACE_ID}-${'0'.repeat(16)}-1` }],
    ['upper-case ids', { b3: `${TRACE_ID.toUpperCase()}-${SPAN_ID}-1` }],
    ['a trace id of 24 digits', { b3: `${TRACE_ID.slice(8)}-${SPAN_ID}-1` }],
    ['a long span id', { b3: `${TRACE_ID}-${SPAN_ID}0-1` }],
    ['an unknown sampling state', { b3: `${TRACE_ID}-${SPAN_ID}-2` }],
    ['a broken parent', { b3: `${TRACE_ID}-${SPAN_ID}-1-${PARENT}0` }],
    ['too many fields', { b3: `${TRACE_ID}-${SPAN_ID}-1-${PARENT}-` }],
    ['a span id missing', { 'x-b3-traceid': TRACE_ID }],
    ['a trace id missing', { 'x-b3-spanid': SPAN_ID, 'x-b3-sampled': '0' }],
    ['the ids twice', { 'x-b3-traceid': `${TRACE_ID}, ${TRACE_ID}`, 'x-b3-spanid': SPAN_ID }],
  ])('%s', (_, headers) => {
    expect(extract(single, headers)).toBe(ROOT_CONTEXT);
  });
});

describe('B3 is written', () => {
  it('in one header', () => {
    expect(inject(single, local(TRACE_ID, SPAN_ID, 1))).toEqual({ b3: `${TRACE_ID}-${SPAN_ID}-1` });
    expect(inject(single, local(TRACE_ID, SPAN_ID, 2))).toEqual({ b3: `${TRACE_ID}-${SPAN_ID}-0` });
    expect(inject(single, ROOT_CONTEXT)).toEqual({});
  });

  it('in several headers', () => {
    expect(inject(multi, local(TRACE_ID, SPAN_ID, 1))).toEqual({ ...ids, 'x-b3-sampled': '1' });
    expect(inject(multi, local(TRACE_ID, SPAN_ID, 0))).toEqual({ ...ids, 'x-b3-sampled': '0' });
  });

  it('with the debug flag that came in, unless the span is not sampled or of another trace', () => {
    const remote = extract(single, { b3: `${TRACE_ID}-${PARENT}-d` });
    expect(inject(single, local(TRACE_ID, SPAN_ID, 1, remote))).toEqual({ b3: `${TRACE_ID}-${SPAN_ID}-d` });
    expect(inject(multi, local(TRACE_ID, SPAN_ID, 1, remote))).toEqual({ ...ids, 'x-b3-flags': '1' });
    expect(inject(single, local(TRACE_ID, SPAN_ID, 0, remote))).toEqual({ b3: `${TRACE_ID}-${SPAN_ID}-0` });
    expect(inject(single, local('1'.repeat(32), SPAN_ID, 1, remote)).b3).toMatch(/-1$/);
  });
});

it('its headers are known, and a wrong option throws at once', () => {
  expect(single.fields()).toEqual(['b3']);
  expect(multi.fields()).toContain('x-b3-traceid');
  expect(() => new B3Propagator({ inject: 'both' as never })).toThrow(
    "[propagators] Expected `inject` to be 'single' or 'multi', got the string \"both\".",
  );
  expect(trace.getSpanContext(extract(single, {}))).toBeUndefined();
});
