import { performance } from 'node:perf_hooks';
import { ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { recorderWith } from './recorder.ts';

const { tracer, takeSpans } = recorderWith({ shouldSample: () => ({ decision: 2 }) });
const clocks = { monotonic: 0, system: 0 };

beforeEach(() => {
  Object.assign(clocks, { monotonic: 1000.75, system: 1_800_000_000_000 });
  vi.spyOn(performance, 'now').mockImplementation(() => clocks.monotonic);
  vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(clocks.system));
});

afterEach(() => {
  vi.restoreAllMocks();
});

function pass(milliseconds: number): void {
  clocks.monotonic += milliseconds;
  clocks.system += milliseconds;
}

function startUnder(parent: Span, name: string, startTime?: Date): Span {
  return tracer.startSpan(name, startTime && { startTime }, trace.setSpan(ROOT_CONTEXT, parent));
}

/** The start and the end of each span, in nanoseconds since the start of this test's clock. */
function takeTimes(): { [name: string]: [number, number] } {
  const since = (time: string): number => Number(BigInt(time) - 1_800_000_000_000_000_000n);
  return Object.fromEntries(
    takeSpans().map((span) => [span.name, [since(span.startTimeUnixNano), since(span.endTimeUnixNano)]]),
  );
}

it('a child begins as long after its parent as it did, to the nanosecond, and ends within it', () => {
  clocks.system += 0.9;
  const parent = tracer.startSpan('parent');
  pass(0.25);
  const child = startUnder(parent, 'child');
  pass(0.5);
  const grandchild = startUnder(child, 'grandchild');
  pass(2.125);
  for (const span of [grandchild, child, parent]) span.end();
  expect(takeTimes()).toEqual({
    parent: [0, 2_875_000],
    child: [250_000, 2_875_000],
    grandchild: [750_000, 2_875_000],
  });
});

it('a child of a parent that began long ago goes by the clock of the system, as that may have been set', () => {
  const parent = tracer.startSpan('parent');
  pass(59_999.5);
  clocks.system += 7000;
  startUnder(parent, 'soon').end();
  pass(0.5);
  startUnder(parent, 'late').end();
  parent.end();
  expect(takeTimes()).toMatchObject({ soon: [59_999_500_000, 59_999_500_000], late: [67_000e6, 67_000e6] });
});

it('a child of a parent whose start was given goes by the clock of the system', () => {
  const parent = tracer.startSpan('parent', { startTime: new Date(1_700_000_000_000) });
  pass(3.5);
  startUnder(parent, 'child').end();
  startUnder(parent, 'given', new Date(1_800_000_000_001)).end(new Date(1_800_000_000_002));
  parent.end();
  expect(takeTimes()).toMatchObject({ child: [3e6, 3e6], given: [1e6, 2e6] });
});

it('a child of a caller elsewhere goes by the clock of the system', () => {
  const caller = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 });
  pass(3.5);
  startUnder(caller, 'child').end();
  expect(takeTimes()).toEqual({ child: [3e6, 3e6] });
});
