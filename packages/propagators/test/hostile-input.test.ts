import { isSpanContextValid, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { compositePropagator, type PropagatorName, propagatorNames, propagatorsByName } from '@throughline/propagators';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extract, type Headers, inject } from './carriers.ts';

// Each run tries other inputs; FUZZ_SEED repeats a run, and its number is in the title of the tests.
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const numRuns = 3000;

const HEX = '0af7651916cd43dd8448eb211c80319c';
/** Valid headers of each format, from which broken ones are made. */
const VALID: Record<PropagatorName, Record<string, string>> = {
  tracecontext: { traceparent: `00-${HEX}-b7ad6b7169203331-03`, tracestate: 'rojo=00f067aa0ba902b7,t@congo=a b' },
  baggage: { baggage: 'userId=Am%C3%A9lie;p=1;q,serverNode = DF%2028 , isProduction=false' },
  b3: { b3: `${HEX}-b7ad6b7169203331-1-05e3ac9a4f6e3b90` },
  b3multi: { 'x-b3-traceid': HEX, 'x-b3-spanid': 'b7ad6b7169203331', 'x-b3-sampled': '1', 'x-b3-flags': '0' },
  jaeger: { 'uber-trace-id': `${HEX}:b7ad6b7169203331:0:1`, 'uberctx-tenant': 'a%20b' },
  xray: { 'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1' },
  datadog: {
    'x-datadog-trace-id': '9532127138774266268',
    'x-datadog-parent-id': '1',
    'x-datadog-sampling-priority': '2',
    'x-datadog-tags': '_dd.p.tid=640cfd8d00000000,_dd.p.dm=-4',
    'x-datadog-origin': 'rum',
  },
};
const DELIMITERS = [',', ';', '=', '-', ':', '%', ' ', '\t', '%2', '%ff', ', ', '=,', ';=', '0', 'a=1,', '_dd.p.a=1,'];
const NASTY = ['\r\n', '\0', '\u0085', '\u00a0', '\ud800', 'é', '\u{1f600}', '"', '\\', '__proto__=1', 'ff', 'FF'];

/** A header as it should be, with pieces of it replaced by others. */
const mutated = (valid: string): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.nat(valid.length), fc.nat(3), fc.constantFrom('', ...DELIMITERS, ...NASTY)), { maxLength: 4 })
    .map((edits) =>
      edits.reduce((text, [at, removed, inserted]) => text.slice(0, at) + inserted + text.slice(at + removed), valid),
    );

const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...DELIMITERS, ...NASTY), maxLength: 400 }),
  fc.array(fc.oneof(fc.string(), fc.constant(null), fc.integer()), { maxLength: 4 }),
  fc.constantFrom(undefined, null, 0, Number.NaN, true, {}, [], [[]], Symbol.iterator),
);

const headersFor = (format: PropagatorName): fc.Arbitrary<Headers> =>
  fc.record(
    Object.fromEntries(
      Object.entries(VALID[format]).map(([name, valid]) => [
        name,
        fc.oneof({ weight: 4, arbitrary: mutated(valid) }, { weight: 1, arbitrary: fc.constant(valid) }, anything),
      ]),
    ),
    { requiredKeys: [] },
  );

describe.each(propagatorNames)(`%s, whatever comes in (FUZZ_SEED=${seed}),`, (name) => {
  const [propagator] = propagatorsByName([name]);
  if (propagator === undefined) throw new Error(`No propagator ${name}.`);

  it('finds nothing or valid ids, and sends only what a header can hold', () => {
    const check = (headers: Headers): void => {
      const context = extract(propagator, headers);
      const found = trace.getSpanContext(context);
      if (found !== undefined) {
        expect(isSpanContextValid(found)).toBe(true);
        expect(found.traceId).toMatch(/^[\da-f]{32}$/);
        expect(found).toMatchObject({ isRemote: true, traceFlags: expect.toBeOneOf([0, 1, 2, 3]) });
      } else if (propagation.getBaggage(context) === undefined) {
        expect(context).toBe(ROOT_CONTEXT);
      }
      const sent = inject(compositePropagator({ inject: [...propagatorNames] }), context);
      for (const [header, value] of Object.entries(sent)) {
        expect(header).toMatch(/^[!#$%&'*+\-.^_`|~\w]+$/);
        expect(value).toMatch(/^[ -~]{0,8192}$/);
      }
    };
    fc.assert(fc.property(headersFor(name), check), { seed, numRuns });
  });

  it('reads again what it has sent', () => {
    const check = (headers: Headers): void => {
      const sent = inject(propagator, extract(propagator, headers));
      expect(inject(propagator, extract(propagator, sent))).toEqual(sent);
    };
    fc.assert(fc.property(headersFor(name), check), { seed, numRuns });
  });

  it('takes linear time for floods of delimiters', () => {
    // A quadratic algorithm takes minutes for a megabyte; a linear one a few milliseconds.
    const startedAt = performance.now();
    for (const header of Object.keys(VALID[name])) {
      for (const piece of [...DELIMITERS, ...NASTY]) {
        const flood = piece.repeat(Math.ceil(1_000_000 / piece.length));
        for (const value of [flood, VALID[name][header] + flood, `a=${flood}`, flood + VALID[name][header]]) {
          inject(propagator, extract(propagator, { ...VALID[name], [header]: value }));
        }
      }
    }
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});

const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    .filter((id) => !/^0+$/.test(id));

describe(`what is sent is read again unchanged (FUZZ_SEED=${seed}):`, () => {
  it.each(propagatorNames.filter((name) => name !== 'baggage'))('the ids and the decision of %s', (name) => {
    const propagator = compositePropagator({ extract: [name], inject: [name] });
    // Datadog's format has no room for a trace id whose lower half is zero.
    const traceIds = hex(32).filter((id) => !id.endsWith('0'.repeat(16)));
    const ids = fc.tuple(traceIds, hex(16), fc.integer({ min: 0, max: 3 }));
    const check = ([traceId, spanId, traceFlags]: [string, string, number]): void => {
      const local = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags });
      const read = trace.getSpanContext(extract(propagator, inject(propagator, local)));
      expect(read).toMatchObject({ traceId, spanId, isRemote: true });
      expect((read?.traceFlags as number) & 1).toBe(traceFlags & 1);
    };
    fc.assert(fc.property(ids, check), { seed, numRuns: 500 });
  });

  it('baggage of any text', () => {
    const token = fc.string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~09azAZ"), minLength: 1, maxLength: 20 });
    const key = fc.oneof(token, fc.constantFrom('__proto__', 'constructor', '7', '1'));
    const value = fc.string({ unit: 'grapheme', maxLength: 20 });
    const bag = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 20 });
    const propagator = compositePropagator({ extract: ['baggage'], inject: ['baggage'] });
    const check = (entries: [string, string][]): void => {
      const filled = entries.reduce(
        (baggage, [name, text]) => baggage.setEntry(name, { value: text }),
        propagation.createBaggage(),
      );
      const sent = inject(propagator, propagation.setBaggage(ROOT_CONTEXT, filled));
      const read = propagation.getBaggage(extract(propagator, sent))?.getAllEntries() ?? [];
      expect(read.map(([name, entry]) => [name, entry.value])).toEqual(entries);
    };
    fc.assert(fc.property(bag, check), { seed, numRuns: 1000 });
  });
});
