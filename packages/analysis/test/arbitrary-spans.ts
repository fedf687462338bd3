import type { AttributeValue, Resource, Span } from '@throughline/analysis';
import fc from 'fast-check';

/** Each run tries other inputs; FUZZ_SEED repeats a run, and its number is in the title of the tests. */
export const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

/** Text of any characters that UTF-8 can say, and keys that are dangerous to careless programs. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '',
    '\ufeffbom',
    '\u0000',
    '0',
    'é'.repeat(30),
    'x'.repeat(200),
  ),
);

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(-1, 0, 2 ** 31, -(2 ** 31), 2 ** 32, Number.MAX_SAFE_INTEGER, 0.5, 2 ** 53, 1e300),
);

/** A value that attributes can have. */
const anyValue: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    anyText,
    number.map((value) => (Object.is(value, -0) ? 0 : value)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(anyText, tie('value')), { maxLength: 3 }).map(withoutPrototype),
  ),
})).value;

/** An object that may have the key `__proto__`. */
export function withoutPrototype<T>(entries: readonly (readonly [string, T])[]): { [key: string]: T } {
  const object: { [key: string]: T } = Object.create(null);
  for (const [key, value] of entries) object[key] = value;
  return object;
}

/** The hexadecimal digits of an id that is not 0. */
const hexId = (digits: 16 | 32): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits - 1, maxLength: digits - 1 })
    .map((id) => `${id}1`);

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const count = optional(fc.integer({ min: 1, max: 2 ** 32 - 1 }));
const someText = optional(anyText.filter((text) => text !== ''));

export type SpanArbitraries = {
  readonly text?: fc.Arbitrary<string>;
  readonly value?: fc.Arbitrary<AttributeValue>;
  readonly time?: fc.Arbitrary<bigint>;
};

/** Any spans of a few resources, exactly as OTLP can say them or, with narrower parts, as another format can. */
export function anySpans({
  text = anyText,
  value = anyValue,
  time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
}: SpanArbitraries = {}): fc.Arbitrary<Span[]> {
  const attributes = fc.array(fc.tuple(text, value), { maxLength: 5 }).map(withoutPrototype);
  const resources = fc.array(fc.tuple(anyText, attributes), { minLength: 1, maxLength: 3 }).map((all) =>
    all.map(
      ([service, rest]): Resource => ({
        service,
        attributes: service === '' ? rest : withoutPrototype([...Object.entries(rest), ['service.name', service]]),
      }),
    ),
  );
  const span = fc.record({
    traceId: hexId(32),
    spanId: hexId(16),
    parentSpanId: optional(hexId(16)),
    traceState: someText,
    flags: count,
    name: anyText,
    kind: fc.constantFrom(
      'internal' as const,
      'server' as const,
      'client' as const,
      'producer' as const,
      'consumer' as const,
    ),
    startUnixNano: time,
    endUnixNano: time,
    status: fc.constantFrom('unset' as const, 'ok' as const, 'error' as const),
    statusMessage: someText,
    attributes,
    events: fc.array(fc.record({ name: anyText, timeUnixNano: time, attributes }), { maxLength: 2 }),
    links: fc.array(fc.record({ traceId: hexId(32), spanId: hexId(16), traceState: someText, attributes }), {
      maxLength: 2,
    }),
    scope: fc.constantFrom(undefined, { name: 'a' }, { name: 'a', version: '1' }, { name: '', version: '2' }),
    droppedAttributes: count,
    droppedEvents: count,
    droppedLinks: count,
  });
  return fc
    .tuple(resources, fc.array(fc.tuple(span, fc.nat(2)), { maxLength: 6 }))
    .map(([owners, spans]) =>
      spans.map(([shape, owner]) => ({ ...shape, resource: owners[owner % owners.length] as Resource })),
    );
}

/** Spans in an order that does not depend on how a format groups them. */
export function sorted(spans: readonly Span[]): Span[] {
  const key = (span: Span): string =>
    JSON.stringify(span, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)) + span.spanId;
  return spans.toSorted((a, b) => (a.traceId + a.spanId + key(a) < b.traceId + b.spanId + key(b) ? -1 : 1));
}

/** The later one of two times. */
export function latest(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
