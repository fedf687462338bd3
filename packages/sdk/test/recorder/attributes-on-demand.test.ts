import { type Attributes, ROOT_CONTEXT, type SpanOptions, trace } from '@opentelemetry/api';
import { consistentSampler, ruleSampler } from '@throughline/sampling';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RecorderOptions } from '../../src/recorder/recorder-provider.ts';
import { recorderWith } from './recorder.ts';

function counted() {
  let asked = 0;
  const options: SpanOptions = {
    get attributes() {
      asked += 1;
      return { 'http.route': '/pay' };
    },
  };
  return { options, asked: () => asked };
}

it('asks for the attributes of a span that it does not record only where a rule does', () => {
  const dropped = counted();
  recorderWith(consistentSampler({ ratio: 0 })).tracer.startSpan('a', dropped.options, ROOT_CONTEXT);
  recorderWith(ruleSampler({ ratio: 0 })).tracer.startSpan('a', dropped.options, ROOT_CONTEXT);
  expect(dropped.asked()).toBe(0);
  const judged = counted();
  const rules = [{ attributes: { 'http.route': '/pay' }, ratio: 0 }];
  recorderWith(ruleSampler({ ratio: 1, rules })).tracer.startSpan('a', judged.options, ROOT_CONTEXT);
  expect(judged.asked()).toBeGreaterThan(0);
});

it('asks for them under an unsampled parent only where the sampler is not one of ours', () => {
  const unsampled = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0, isRemote: true };
  const parent = trace.setSpanContext(ROOT_CONTEXT, unsampled);
  const ours = counted();
  recorderWith(consistentSampler({ ratio: 1 })).tracer.startSpan('a', ours.options, parent);
  expect(ours.asked()).toBe(0);
  const seen: unknown[] = [];
  const own: RecorderOptions['sampler'] = {
    shouldSample(_context, _traceId, _name, _kind, attributes) {
      seen.push(attributes);
      return { decision: 0 };
    },
  };
  recorderWith(own).tracer.startSpan('a', counted().options, parent);
  expect(seen).toEqual([{ 'http.route': '/pay' }]);
});

it('takes a list of attributes as it would take the object, within the same limits', () => {
  const attributes: Record<string, unknown> = {
    a: 1,
    b: undefined,
    c: 'x'.repeat(9),
    '': 2,
    d: [true, 'no'],
    e: ['y'.repeat(9)],
    f: null,
    g: false,
    h: 3,
  };
  const limits = { attributeCountLimit: 4, attributeValueLengthLimit: 8 };
  const { tracer, takeSpans } = recorderWith(consistentSampler({ ratio: 1 }), limits);
  const list: SpanOptions & { takeItems(): unknown[] } = {
    takeItems: () => [...Object.entries(attributes).flat(1), '', undefined],
  };
  for (const options of [{ attributes: attributes as Attributes }, list])
    tracer.startSpan('a', options, ROOT_CONTEXT).setAttribute('g', true).setAttribute('i', 4).end();
  const [fromObject, fromList] = takeSpans().map(({ attributes, droppedAttributesCount: dropped }) => ({
    attributes,
    dropped,
  }));
  expect(fromList?.attributes.map(({ key }) => key)).toEqual(['a', 'c', 'e', 'g']);
  expect(fromList?.dropped).toBe(2);
  expect(fromList).toEqual(fromObject);
});

it('takes the object where somebody had it before, and so may have changed it', () => {
  const { tracer, takeSpans } = recorderWith(consistentSampler({ ratio: 1 }));
  const options: SpanOptions & { takeItems(): undefined } = { attributes: { a: 2 }, takeItems: () => undefined };
  tracer.startSpan('a', options, ROOT_CONTEXT).end();
  expect(takeSpans()[0]?.attributes).toEqual([{ key: 'a', value: expect.objectContaining({ intValue: '2' }) }]);
});

const seed = Date.now() % 1_000_000;
it(`writes the attributes that each span has, whatever the spans before had (seed ${seed})`, () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'a.long.name.of.an.attribute');
  const value = fc.oneof(
    fc.constantFrom<string | number | boolean>(
      'GET',
      '/pay',
      '',
      'x'.repeat(140),
      'y'.repeat(200),
      'ü',
      200,
      0,
      2 ** 40,
      true,
    ),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(fc.constantFrom('p', 'q')),
  );
  const span = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key });
  // Of a span of less than 128 bytes all is moved when its length is known.
  const names = fc.constantFrom('short', 'long'.repeat(40));
  fc.assert(
    fc.property(
      names,
      fc.array(fc.array(span, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
      (spanName, batches) => {
        const { tracer, takeSpans } = recorderWith({ shouldSample: () => ({ decision: 2 }) });
        for (const spans of batches) {
          for (const pairs of spans) {
            const started = tracer.startSpan(spanName, {}, ROOT_CONTEXT);
            for (const [key, each] of pairs) started.setAttribute(key, each);
            started.end();
          }
          const written = takeSpans().map(({ attributes = [] }) => JSON.stringify(attributes));
          const alone = spans.map((pairs) => {
            const fresh = recorderWith({ shouldSample: () => ({ decision: 2 }) });
            const started = fresh.tracer.startSpan(spanName, {}, ROOT_CONTEXT);
            for (const [key, each] of pairs) started.setAttribute(key, each);
            started.end();
            return JSON.stringify(fresh.takeSpans()[0]?.attributes ?? []);
          });
          expect(written).toEqual(alone);
        }
      },
    ),
    { seed, numRuns: 300 },
  );
});
