import { type Attributes, createTraceState, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { readKeepOptions, ruleSampler, TailHold } from '@throughline/sampling';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RecordedSpan } from '../../src/recorder/recorded-span.ts';
import { recordedSpanAccess } from '../../src/recorder/recorded-span-access.ts';
import { RecorderProvider } from '../../src/recorder/recorder-provider.ts';
import { SpanBatch } from '../../src/recorder/span-batch.ts';
import { SpanRing } from '../../src/recorder/span-ring.ts';
import { type DecodedSpan, decodeTraces } from './decode-otlp.ts';
import { DEFAULT_LIMITS as limits } from './recorder.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const seed = Number(process.env.THROUGHLINE_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`THROUGHLINE_SEED=${seed}`);

/** A recorder whose spans go through a ring, and all of them besides, as they are, to another batch. */
function createRecorder(maxBytes: number) {
  const kept = new SpanBatch({});
  const all = new SpanBatch({});
  const ring = new SpanRing(maxBytes, kept);
  const settings = readKeepOptions({ slowerThan: '1s', perSecond: 1e9, maxBytes });
  const enter = { onEnd: (span: RecordedSpan) => kept.add(span) };
  const hold = new TailHold<RecordedSpan, number>(settings, recordedSpanAccess, enter, ring);
  const provider = new RecorderProvider({
    sampler: ruleSampler({ ratio: 0, record: true }),
    limits,
    onStart: (span) => hold.onStart(span),
    onEnd(span) {
      all.add(span);
      hold.onEnd(span);
    },
  });
  return { hold, ring, provider, takeKept: () => spansOf(kept), takeAll: () => spansOf(all) };
}

function spansOf(batch: SpanBatch): DecodedSpan[] {
  return decodeTraces(batch.take()).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** What of a span is the same whether it was held or not. */
function unchanged({ flags, traceState, attributes, ...rest }: DecodedSpan) {
  return { ...rest, attributes: attributes.filter(({ key }) => !key.startsWith('sampling.')) };
}

type Step =
  | { readonly do: 'request'; readonly trace: number; readonly state: string | undefined; readonly scope: number }
  | { readonly do: 'child'; readonly of: number; readonly attributes: Attributes }
  | { readonly do: 'end'; readonly which: number; readonly error: boolean }
  | { readonly do: 'keep'; readonly trace: number }
  | { readonly do: 'wait'; readonly ms: number };

const attributes: fc.Arbitrary<Attributes> = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.oneof(fc.string({ maxLength: 900 }), fc.double(), fc.boolean(), fc.array(fc.string(), { maxLength: 4 })),
  { maxKeys: 5 },
);
const rarely = fc.nat(9).map((dice) => dice === 0);
const traceNumber = fc.nat(6);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('request' as const),
        trace: traceNumber,
        state: fc.constantFrom(undefined, undefined, 'ot=rv:0123456789abcd,other=1', 'other=2'),
        scope: fc.nat(2),
      }),
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('child' as const), of: fc.nat(99), attributes }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(99), error: rarely }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('keep' as const), trace: traceNumber }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(10, 400, 6000, 30_000) }),
    },
  ),
  { maxLength: 150 },
);

function traceId(number: number): string {
  return (number + 1).toString(16).padStart(32, '0');
}

it('hands over each span of a kept trace once and as it was, no other, stays below its cap and retains nothing', () => {
  const property = fc.property(steps, fc.constantFrom(20_000, 60_000, 1e6), fc.boolean(), (all, maxBytes, shutdown) => {
    const { hold, provider, takeKept, takeAll } = createRecorder(maxBytes);
    const open: RecordedSpan[] = [];
    let ended = 0;
    for (const step of all) {
      if (step.do === 'request') {
        const remote = { traceId: traceId(step.trace), spanId: 'b'.repeat(16), traceFlags: 0, isRemote: true };
        const parent = step.state === undefined ? remote : { ...remote, traceState: createTraceState(step.state) };
        const tracer = provider.getTracer(`scope ${step.scope}`);
        const context = trace.setSpanContext(ROOT_CONTEXT, parent);
        open.push(tracer.startSpan('request', { kind: SpanKind.SERVER }, context) as RecordedSpan);
      } else if (step.do === 'child') {
        const parent = open[step.of % Math.max(1, open.length)];
        if (parent === undefined) continue;
        const { attributes } = step;
        const context = trace.setSpan(ROOT_CONTEXT, parent);
        open.push(provider.getTracer('children').startSpan('child', { attributes }, context) as RecordedSpan);
      } else if (step.do === 'end') {
        const [span] = open.splice(step.which % Math.max(1, open.length), 1);
        if (span === undefined) continue;
        if (step.error) span.setStatus({ code: 2, message: 'failed' }).addEvent('exception', { a: 1 });
        span.end();
        ended += 1;
      } else if (step.do === 'keep') hold.keep(traceId(step.trace));
      else vi.advanceTimersByTime(step.ms);
      check();
    }
    if (shutdown) hold.shutdown();
    for (const span of open) span.end();
    ended += open.length;
    check();
    vi.advanceTimersByTime(10_500);
    expect(hold.stats()).toMatchObject({ held: 0, heldBytes: 0 });
    expect(vi.getTimerCount()).toBe(0);

    const wanted = new Map(takeAll().map((span) => [span.spanId, span]));
    const kept = takeKept();
    expect(kept).toHaveLength(hold.stats().kept);
    expect(new Set(kept.map(({ spanId }) => spanId)).size).toBe(kept.length);
    for (const span of kept) {
      expect(unchanged(span)).toEqual(unchanged(wanted.get(span.spanId) as DecodedSpan));
      expect(span.flags & 1).toBe(1);
      expect(span.traceState).toMatch(/^ot=th:0(;rv:0123456789abcd,other=1|,other=2)?$/);
      const reason = span.attributes.find(({ key }) => key === 'sampling.reason');
      expect(reason?.value).toEqual({ stringValue: expect.stringMatching(/^(error|slow|explicit)$/) });
    }
    // With room for all, nothing of a kept trace is missing: what came after the decision follows it.
    const { dropped, evicted, late, omitted } = hold.stats();
    if (dropped + evicted + late + omitted === 0) expect(kept).toHaveLength(ended);

    function check(): void {
      const stats = hold.stats();
      expect(stats.heldBytes).toBeLessThanOrEqual(maxBytes);
      expect(stats.held + stats.kept + stats.dropped + stats.evicted + stats.late + stats.omitted).toBe(ended);
    }
  });
  fc.assert(property, { seed, numRuns: 400 });
});

it('gives up the oldest spans when it is full, and says how many a kept trace lacks', () => {
  const { hold, provider, takeKept } = createRecorder(64 * 1024);
  const tracer = provider.getTracer('test');
  const root = tracer.startSpan('root', { root: true });
  const inside = trace.setSpan(ROOT_CONTEXT, root);
  for (let index = 0; index < 500; index++)
    tracer.startSpan(`child ${index}`, { attributes: { a: 'x'.repeat(900) } }, inside).end();
  const { held, evicted, heldBytes } = hold.stats();
  expect(heldBytes).toBeLessThanOrEqual(64 * 1024);
  expect([held > 40, evicted, held + evicted]).toEqual([true, 500 - held, 500]);
  root.setStatus({ code: 2 });
  root.end();
  const kept = takeKept();
  expect(kept.map(({ name }) => name)).toEqual([
    ...Array.from({ length: held }, (_, index) => `child ${500 - held + index}`),
    'root',
  ]);
  const marks = kept.map(({ attributes }) => attributes.find(({ key }) => key === 'sampling.omitted_spans')?.value);
  expect(marks).toEqual([{ intValue: expect.anything() }, ...Array(held).fill(undefined)]);
  expect(Number((marks[0] as { intValue: unknown }).intValue)).toBe(evicted);
});

it('counts a span that is larger than a block, and holds the others', () => {
  const { hold, provider, takeKept } = createRecorder(1e6);
  const tracer = provider.getTracer('test');
  const root = tracer.startSpan('root', { root: true });
  const inside = trace.setSpan(ROOT_CONTEXT, root);
  for (const length of [10, 100_000, 10])
    tracer.startSpan(`${length}`, { attributes: { a: 'x'.repeat(length) } }, inside).end();
  expect(hold.stats()).toMatchObject({ held: 2, evicted: 0 });
  hold.keep(root.spanContext().traceId);
  root.end();
  expect(takeKept().map(({ name }) => name)).toEqual(['10', '10', 'root']);
  expect(hold.stats()).toMatchObject({ kept: 3, omitted: 1 });
});

it('gives back values of every kind as they were, also under more names than it has room for', () => {
  const { hold, provider, takeKept, takeAll } = createRecorder(4 * 1024 * 1024);
  const tracer = provider.getTracer('test');
  const texts = [
    '',
    'GET',
    'é',
    'ÿ',
    '日本',
    '\ud800',
    'x'.repeat(100),
    'x'.repeat(101),
    'é'.repeat(160),
    '🙂'.repeat(300),
  ];
  const numbers = [0, -0, -1, 2 ** 28 - 1, 2 ** 28, -(2 ** 28), -(2 ** 28) - 1, 2 ** 53, 1e300, 0.1, NaN, -Infinity];
  const values: unknown[] = [...texts, ...numbers, true, false, [], ['a', null, '日本'], [1, 2.5, -0], [true], 7n];
  const root = tracer.startSpan('root', { root: true });
  const inside = trace.setSpan(ROOT_CONTEXT, root);
  for (let index = 0; index < 1500; index++) {
    const value = values[index % values.length] as string;
    const startTime = index % 100 === 0 ? new Date(index * 1e9) : Date.now() + index / 7;
    const name = texts[index % texts.length] as string;
    const span = tracer.startSpan(name, { startTime, attributes: { a: value, [`name ${index}`]: value } }, inside);
    span.setAttribute('b', 'GET').setStatus({ code: index % 2 });
    span.end(index % 5 === 0 ? startTime : undefined);
  }
  hold.keep(root.spanContext().traceId);
  root.end();
  const wanted = new Map(takeAll().map((span) => [span.spanId, span]));
  const kept = takeKept();
  // A trace holds a thousand spans; its root comes after the decision.
  expect(kept).toHaveLength(1001);
  for (const span of kept) expect(unchanged(span)).toEqual(unchanged(wanted.get(span.spanId) as DecodedSpan));
});

it('takes less than 200 bytes for a span of a usual request, all its bookkeeping included', () => {
  const { hold, provider } = createRecorder(4 * 1024 * 1024);
  const tracer = provider.getTracer('test');
  for (let index = 0; index < 10_000; index++) {
    const attributes = {
      'http.request.method': 'GET',
      'url.path': `/api/orders/${index}`,
      'server.address': 'shop.example',
      'http.route': '/api/orders/:id',
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    };
    const root = tracer.startSpan('GET', { root: true, attributes });
    const inside = trace.setSpan(ROOT_CONTEXT, root);
    for (let call = 0; call < 3; call++)
      tracer.startSpan('SELECT', { attributes: { 'db.system.name': 'pg' } }, inside).end();
    root.end();
  }
  const { held, heldBytes } = hold.stats();
  expect(heldBytes).toBeGreaterThan(3.9 * 1024 * 1024);
  expect(heldBytes / held).toBeLessThan(200);
});
