import { ROOT_CONTEXT } from '@opentelemetry/api';
import { XRayPropagator } from '@throughline/propagators';
import { describe, expect, it } from 'vitest';
import { extract, extractSpan, inject, local, SPAN_ID } from './carriers.ts';

const propagator = new XRayPropagator();
const TRACE_ID = '5759e988bd862e3fe1be46a994272793';
const ROOT = 'Root=1-5759e988-bd862e3fe1be46a994272793';
const PARENT = `Parent=${SPAN_ID}`;

describe('x-amzn-trace-id is read', () => {
  it.each([
    ['sampled', `${ROOT};${PARENT};Sampled=1`, 1],
    ['not sampled', `${ROOT};${PARENT};Sampled=0`, 0],
    ['with the decision left open', `${ROOT};${PARENT};Sampled=?`, 0],
    ['without a decision', `${ROOT};${PARENT}`, 0],
    ['in any order', `Sampled=1;${PARENT};${ROOT}`, 1],
    [
      'with blanks and fields of others',
      ` Self=1-67891234-12456789abcdef012345678 ; ${ROOT} ; ${PARENT} ;Sampled=1;Lineage=a:1|b:2;`,
      1,
    ],
  ])('%s', (_, header, traceFlags) => {
    const expected = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags, isRemote: true };
    expect(extractSpan(propagator, { 'x-amzn-trace-id': header })).toEqual(expected);
  });
});

describe('x-amzn-trace-id is ignored with', () => {
  it.each([
    ['nothing in it', ''],
    ['no parent, as a load balancer sends it', ROOT],
    ['no root', `${PARENT};Sampled=1`],
    ['another version', `${ROOT.replace('1-', '2-')};${PARENT}`],
    ['upper-case digits', `${ROOT.toUpperCase().replace('ROOT', 'Root')};${PARENT}`],
    ['a short root', `${ROOT.slice(0, -1)};${PARENT}`],
    ['a long root', `${ROOT}0;${PARENT}`],
    ['a wrong delimiter', `${ROOT.replace('988-', '988_')};${PARENT}`],
    ['a root of zeros', `Root=1-${'0'.repeat(8)}-${'0'.repeat(24)};${PARENT}`],
    ['a parent of zeros', `${ROOT};Parent=${'0'.repeat(16)}`],
    ['a long parent', `${ROOT};${PARENT}0`],
    ['a key of a prototype', `__proto__=x;${PARENT}`],
    ['more than 1,024 characters', `${ROOT};${PARENT};${'x'.repeat(1024)}`],
  ])('%s', (_, header) => {
    expect(extract(propagator, { 'x-amzn-trace-id': header })).toBe(ROOT_CONTEXT);
  });
});

it('x-amzn-trace-id is written with the ids of the active span', () => {
  expect(inject(propagator, local(TRACE_ID, SPAN_ID, 3))).toEqual({ 'x-amzn-trace-id': `${ROOT};${PARENT};Sampled=1` });
  expect(inject(propagator, local(TRACE_ID, SPAN_ID, 2))).toEqual({ 'x-amzn-trace-id': `${ROOT};${PARENT};Sampled=0` });
  expect(inject(propagator, ROOT_CONTEXT)).toEqual({});
  expect(propagator.fields()).toEqual(['x-amzn-trace-id']);
});
