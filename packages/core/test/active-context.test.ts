import { createContextKey, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { ActiveContext, WIRE, withActiveSpan } from '../src/context/active-context.ts';
import { getRequestScope, setRequestScope } from '../src/correlation.ts';

const spanOf = (digit: string) =>
  trace.wrapSpanContext({ traceId: digit.repeat(32), spanId: digit.repeat(16), traceFlags: 1 });
const [first, second] = [spanOf('1'), spanOf('2')];
const order = { correlation: { id: 'order', header: 'x-request-id' } };
const basket = { correlation: { id: 'basket', header: 'x-request-id' } };
const TENANT = createContextKey('tenant');

describe('the context of a request', () => {
  const parent = ROOT_CONTEXT.setValue(TENANT, 'acme');
  const active = ActiveContext.of(parent, first, order);

  it('has its span and its request where the API and every copy of this package look for them', () => {
    expect(trace.getSpan(active)).toBe(first);
    expect(getRequestScope(active)).toBe(order);
    expect(active.getValue(TENANT)).toBe('acme');
  });

  it('is left as it is by whoever sets or deletes a value', () => {
    const changed = setRequestScope(trace.setSpan(active.setValue(TENANT, 'other'), second), basket);
    expect([trace.getSpan(changed), getRequestScope(changed), changed.getValue(TENANT)]).toEqual([
      second,
      basket,
      'other',
    ]);
    const emptied = trace.deleteSpan(active.deleteValue(TENANT));
    expect([trace.getSpan(emptied), getRequestScope(emptied), emptied.getValue(TENANT)]).toEqual([
      undefined,
      order,
      undefined,
    ]);
    expect([trace.getSpan(active), getRequestScope(active), active.getValue(TENANT)]).toEqual([first, order, 'acme']);
  });

  it('does not bring back the span or the request of its parent', () => {
    const below = setRequestScope(trace.setSpan(parent, first), order);
    const above = ActiveContext.of(below, second, undefined);
    expect(getRequestScope(above)).toBeUndefined();
    expect(trace.getSpan(trace.deleteSpan(above))).toBeUndefined();
  });

  it('keeps the call that it is part of through spans and values, until that is deleted', () => {
    const call = {};
    const within = withActiveSpan(active.setValue(WIRE, call).setValue(TENANT, 'other'), second);
    expect(within.getValue(WIRE)).toBe(call);
    expect(withActiveSpan(parent.setValue(WIRE, call), second).getValue(WIRE)).toBe(call);
    expect(within.deleteValue(WIRE).getValue(WIRE)).toBeUndefined();
    expect([trace.getSpan(within), within.getValue(TENANT), active.getValue(WIRE)]).toEqual([
      second,
      'other',
      undefined,
    ]);
  });

  it('carries baggage, and passes it and its request to the contexts of own spans', () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
    const inner = withActiveSpan(propagation.setBaggage(active, baggage), second);
    expect(propagation.getBaggage(inner)).toBe(baggage);
    expect(getRequestScope(inner)).toBe(order);
    expect(trace.getSpan(inner)).toBe(second);
  });
});
