import { createTraceState, ROOT_CONTEXT, type Span, type Tracer, trace } from '@opentelemetry/api';
import { adaptiveSampler, consistentSampler, ruleSampler } from '@throughline/sampling';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { environmentSampler } from '../../src/environment-sampler.ts';
import type { RecorderOptions } from '../../src/recorder/recorder-provider.ts';
import { recorderWith } from './recorder.ts';

type Sampler = RecorderOptions['sampler'];

const samplers: { [name: string]: () => Sampler } = {
  'a share': () => consistentSampler({ ratio: 0.5 }),
  'a share, all recorded': () => consistentSampler({ ratio: 0.5, record: true }),
  rules: () => ruleSampler({ ratio: 0.5, rules: [{ attributes: { 'http.route': '/pay' }, ratio: 1 }] }),
  'so many a second': () => adaptiveSampler({ target: 10 }),
  ...Object.fromEntries(
    ['always_on', 'always_off', 'parentbased_always_on', 'parentbased_always_off'].map((name) => [
      name,
      () => {
        vi.stubEnv('OTEL_TRACES_SAMPLER', name);
        return environmentSampler();
      },
    ]),
  ),
};

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The same sampler as one that knows nothing of us. */
function askedTheLongWay(sampler: Sampler): Sampler {
  return { shouldSample: (...asked) => sampler.shouldSample(...asked) };
}

/** What became of a span below this parent, of a child of it, and of a grandchild whose parent was told to be unsampled. */
function generations(tracer: Tracer, parent: Span): unknown[] {
  const under = (above: Span) => tracer.startSpan('span', {}, trace.setSpan(ROOT_CONTEXT, above));
  const first = under(parent);
  const second = under(first);
  second.spanContext().traceFlags &= ~1;
  const third = under(second);
  return [first, second, third].map((span) => {
    const { traceId, traceFlags, traceState } = span.spanContext();
    return { traceId, traceFlags, traceState: traceState?.serialize(), recording: span.isRecording() };
  });
}

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const parents = fc.record({
  traceId: hex(31).map((digits) => `${digits}1`),
  spanId: hex(15).map((digits) => `${digits}1`),
  traceFlags: fc.integer({ min: 0, max: 3 }),
  isRemote: fc.boolean(),
  state: fc.constantFrom(undefined, 'a=1', 'ot=th:8', 'ot=th:8,a=1', 'ot=rv:ffffffffffffff;th:4', 'ot=th:nonsense'),
});

const seed = Number(process.env.THROUGHLINE_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`THROUGHLINE_SEED=${seed}`);

it.each(Object.keys(samplers))('a span goes by its parent as every other tracer would have it: %s', (name) => {
  const sampler = (samplers[name] as () => Sampler)();
  const short = recorderWith(sampler).tracer;
  const long = recorderWith(askedTheLongWay(sampler)).tracer;
  fc.assert(
    fc.property(parents, ({ state, ...ids }) => {
      const spanContext = state === undefined ? ids : { ...ids, traceState: createTraceState(state) };
      const parent = trace.wrapSpanContext(spanContext);
      expect(generations(short, parent)).toEqual(generations(long, parent));
    }),
    { seed },
  );
});

it('the child of a span that nobody records asks for no text of its ids', () => {
  const asked: string[] = [];
  const sampler = consistentSampler({ ratio: 0 });
  const { tracer } = recorderWith({
    shouldSample: () => {
      asked.push('the long way');
      return { decision: 0 };
    },
    shouldSampleRoot: (...given) => sampler.shouldSampleRoot?.(...given) ?? { decision: 2 },
    shouldSampleChild: (traceId, flags, state) => {
      Object.defineProperty(traceId, 'text', { get: () => asked.push('text') });
      return sampler.shouldSampleChild?.(traceId, flags, state) ?? { decision: 2 };
    },
  });
  const root = tracer.startSpan('root', {}, ROOT_CONTEXT);
  vi.spyOn(root, 'spanContext').mockImplementation(() => {
    asked.push('ids');
    return trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 }).spanContext();
  });
  const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, root));
  expect(child.isRecording()).toBe(false);
  expect(asked).toEqual([]);
});
