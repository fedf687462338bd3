import {
  type AttributeValue,
  decodeOtlpLogsProtobuf,
  decodeOtlpProtobuf,
  encodeOtlpProtobuf,
  type Span,
  TraceFormatError,
  visitOtlpProtobuf,
} from '@throughline/analysis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySpans, anyText, seed, sorted, withoutPrototype } from './arbitrary-spans.ts';
import { LogsData, TracesData } from './otlp-proto.ts';
import { id, makeSpan } from './spans.ts';

describe('OTLP protobuf', () => {
  it('has attributes of the same bytes once, however many spans have them', () => {
    const attributes = { 'db.query.text': 'SELECT 1', 'server.port': 5432 };
    const [first, other, again] = decodeOtlpProtobuf(
      encodeOtlpProtobuf([
        makeSpan(id(1), { attributes }),
        makeSpan(id(2), { attributes: { ...attributes, 'server.port': 5433 } }),
        makeSpan(id(3), { attributes }),
      ]),
    ) as [Span, Span, Span];
    expect(again.attributes).toBe(first.attributes);
    expect(other.attributes).toEqual(
      withoutPrototype<AttributeValue>([
        ['db.query.text', 'SELECT 1'],
        ['server.port', 5433],
      ]),
    );
  });

  it('never takes attributes for others of which a single byte differs', () => {
    for (let length = 0; length < 600; length += 7) {
      const text = 'x'.repeat(length);
      const texts = [text, ...Array.from(text, (_, at) => `${text.slice(0, at)}y${text.slice(at + 1)}`)];
      const spans = texts.map((value, index) => makeSpan(id(index + 1), { attributes: { a: value, b: 1 } }));
      const read = decodeOtlpProtobuf(encodeOtlpProtobuf([...spans, ...spans]));
      expect(read).toHaveLength(2 * spans.length);
      for (const { spanId, attributes } of read) expect(attributes.a).toBe(texts[Number.parseInt(spanId, 16) - 1]);
    }
  });

  it('does not change the attributes of a span by those of another that begin alike and do not stand together', () => {
    const field = (tag: number, bytes: Buffer) => Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
    const attribute = (key: string, value: string) =>
      field(0x4a, Buffer.concat([field(0x0a, Buffer.from(key)), field(0x12, field(0x0a, Buffer.from(value)))]));
    const name = field(0x2a, Buffer.from('n'));
    const first = Buffer.concat([attribute('a', '1'), attribute('b', '2')]);
    const apart = Buffer.concat([first, name, attribute('a', '3'), name, attribute('c', '4')]);
    const spans = [first, apart, Buffer.concat([first, name])].map((span) => field(0x12, span));
    const read = decodeOtlpProtobuf(field(0x0a, field(0x12, Buffer.concat(spans))));
    expect(read.map(({ attributes }) => Object.entries(attributes))).toEqual([
      [
        ['a', '1'],
        ['b', '2'],
      ],
      [
        ['a', '3'],
        ['b', '2'],
        ['c', '4'],
      ],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ]);
    expect(read[2]?.attributes).toBe(read[0]?.attributes);
  });

  it('does not find attributes beyond the end of a span that is cut off', () => {
    const attributes = { 'http.route': '/orders/:id', 'server.address': 'shop.example' };
    const whole = encodeOtlpProtobuf([makeSpan(id(1), { attributes, kind: 'server' })]);
    expect(decodeOtlpProtobuf(whole)).toHaveLength(1);
    // The lengths of the request, the group, and the span, each as if some bytes belonged to what is around.
    let rejected = 0;
    for (let at = 0; at < whole.length; at++) {
      const bent = Uint8Array.from(whole);
      bent[at] = (bent[at] as number) - 1;
      try {
        for (const span of decodeOtlpProtobuf(bent)) expect(Object.keys(span.attributes).length).toBeLessThanOrEqual(2);
      } catch (error) {
        expect(error).toBeInstanceOf(TraceFormatError);
        rejected += 1;
      }
    }
    expect(rejected).toBeGreaterThan(10);
  });

  it('is read to spans that share their resource and scope', () => {
    const bytes = tracesData({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
          scopeSpans: [
            {
              scope: { name: 'http', version: '1.2' },
              spans: [
                {
                  traceId: Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex'),
                  spanId: Buffer.from('b7ad6b7169203331', 'hex'),
                  parentSpanId: Buffer.from('00f067aa0ba902b7', 'hex'),
                  traceState: 'a=1',
                  flags: 0x101,
                  name: 'GET /',
                  kind: 2,
                  startTimeUnixNano: '1767225600000000001',
                  endTimeUnixNano: '1767225600000000999',
                  attributes: [
                    { key: 'big', value: { intValue: '9223372036854775807' } },
                    { key: 'negative', value: { intValue: '-2' } },
                    { key: 'bytes', value: { bytesValue: Buffer.from([0, 255, 1]) } },
                    { key: '__proto__', value: { boolValue: true } },
                    { key: 'none', value: {} },
                    {
                      key: 'nested',
                      value: {
                        kvlistValue: {
                          values: [{ key: 'a', value: { arrayValue: { values: [{ doubleValue: 0.5 }, {}] } } }],
                        },
                      },
                    },
                  ],
                  events: [{ timeUnixNano: '5', name: 'e', attributes: [{ key: 'k', value: { stringValue: 'v' } }] }],
                  links: [{ traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), traceState: 'b=2' }],
                  status: { code: 2, message: 'broken' },
                  droppedLinksCount: 3,
                },
                { traceId: Buffer.alloc(8, 1), spanId: Buffer.alloc(9), kind: 99, status: { code: 99 } },
              ],
            },
          ],
        },
      ],
    });
    const [span, empty] = decodeOtlpProtobuf(bytes) as [Span, Span];
    expect(span).toEqual({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      parentSpanId: '00f067aa0ba902b7',
      traceState: 'a=1',
      flags: 0x101,
      name: 'GET /',
      kind: 'server',
      startUnixNano: 1767225600000000001n,
      endUnixNano: 1767225600000000999n,
      status: 'error',
      statusMessage: 'broken',
      attributes: withoutPrototype<AttributeValue>([
        ['big', '9223372036854775807'],
        ['negative', -2],
        ['bytes', 'AP8B'],
        ['__proto__', true],
        ['none', null],
        ['nested', { a: [0.5, null] }],
      ]),
      events: [{ name: 'e', timeUnixNano: 5n, attributes: { k: 'v' } }],
      links: [{ traceId: '01'.repeat(16), spanId: '02'.repeat(8), traceState: 'b=2', attributes: {} }],
      resource: { service: 'shop', attributes: { 'service.name': 'shop' } },
      scope: { name: 'http', version: '1.2' },
      droppedLinks: 3,
    });
    expect(Object.getPrototypeOf({}).polluted).toBeUndefined();
    expect(span.attributes.constructor).toBeUndefined();
    expect(empty).toMatchObject({
      traceId: '0'.repeat(16) + '01'.repeat(8),
      spanId: '',
      kind: 'internal',
      status: 'unset',
    });
    expect(empty.resource).toBe(span.resource);
    expect(empty.scope).toBe(span.scope);
  });

  it('has its resource and scope also when they come after the spans', () => {
    const scope = field(1, field(1, 'late'));
    const resource = field(1, field(1, field(1, 'service.name'), field(2, field(1, 'shop'))));
    const spans = field(2, field(2, field(5, 'GET /')), scope);
    expect(decodeOtlpProtobuf(field(1, spans, resource))).toMatchObject([
      { name: 'GET /', resource: { service: 'shop' }, scope: { name: 'late' } },
    ]);
  });

  it('has a resource, a scope and values that come in parts', () => {
    const key = (name: string, ...values: Buffer[]) => [field(1, name), ...values.map((value) => field(2, value))];
    const [text, list, map] = [(of: string) => field(1, of), (of: string) => field(5, field(1, text(of))), 6] as const;
    const resource = [
      field(1, field(1, ...key('service.name', text('shop'))), field(1, ...key('zone', text('a')))),
      field(1),
      field(1, field(1, ...key('zone', text('b'))), field(1, ...key('list', list('x'), list('y')))),
      field(
        1,
        field(1, ...key('map', field(map, field(1, ...key('p', text('1')))), field(map, field(1, ...key('q'))))),
      ),
      field(1, field(1, ...key('other', list('x'), text('z'), list('y'), Buffer.alloc(0)))),
    ];
    const scope = [field(1, field(1, 'http')), field(1, field(2, '1.2')), field(1)];
    const bytes = field(1, ...resource, field(2, ...scope, field(2, field(5, 'GET /'))));
    expect(decodeOtlpProtobuf(bytes)).toMatchObject([
      {
        resource: {
          service: 'shop',
          attributes: {
            'service.name': 'shop',
            zone: 'b',
            list: ['x', 'y'],
            map: { p: '1', q: null },
            other: ['y'],
          },
        },
        scope: { name: 'http', version: '1.2' },
      },
    ]);
  });

  it('has a resource in very many parts, which takes no longer for each than for the first', () => {
    const one = field(1, field(1, field(1, 'k'), field(2, field(1, 'v'))));
    const many = Array.from({ length: 100_000 }, (_, index) =>
      field(1, field(1, field(1, `k${index}`), field(2, field(1, 'v')))),
    );
    const before = process.cpuUsage();
    const spans = decodeOtlpProtobuf(field(1, ...many, one, field(2, field(2, field(5, 'GET /')))));
    expect(Object.keys(spans[0]?.resource.attributes ?? {})).toHaveLength(100_001);
    expect(process.cpuUsage(before).user).toBeLessThan(20_000_000);
  });

  it('is visited span by span, those before a flaw too', () => {
    const bytes = encodeOtlpProtobuf([makeSpan(id(1)), makeSpan(id(2))]);
    const seen: string[] = [];
    expect(() =>
      visitOtlpProtobuf(Buffer.concat([bytes, Buffer.from([0x0a, 5])]), ({ spanId }) => seen.push(spanId)),
    ).toThrow(TraceFormatError);
    expect(seen).toEqual([id(1), id(2)]);
  });

  it.each<[string, number[], RegExp]>([
    ['a length beyond the end', [0x0a, 0xff, 0xff, 0xff, 0x7f], /a field of 268435455 bytes at byte 5 of 5/],
    ['a length of 2^35', [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], /a field of/],
    ['a number that never ends', [0x08, ...new Array(12).fill(0xff)], /a number of at most 64 bits/],
    ['a number that is cut off', [0x08, 0x80], /1 more bytes/],
    ['a group', [0x0b, 0x0c], /no groups/],
    ['an unknown wire type', [0x0f], /a known wire type/],
    ['field number 0', [0x02, 0x00], /a tag that names a field/],
    ['a cut off fixed64', [0x09, 1, 2, 3], /8 more bytes/],
  ])('is refused with the place when it has %s', (_what, bytes, message) => {
    expect(() => decodeOtlpProtobuf(Uint8Array.from(bytes))).toThrow(TraceFormatError);
    expect(() => decodeOtlpProtobuf(Uint8Array.from(bytes))).toThrow(message);
  });

  it('is refused when a value nests deeper than 100 levels, and not before', () => {
    const nested = (levels: number): Buffer => {
      let value = field(1, 'leaf');
      for (let level = 0; level < levels; level++) value = field(5, field(1, value));
      return field(1, field(2, field(2, field(9, field(1, 'key'), field(2, value)))));
    };
    expect(decodeOtlpProtobuf(nested(100))).toHaveLength(1);
    expect(() => decodeOtlpProtobuf(nested(101))).toThrow(/at most 100 levels/);
    expect(() => decodeOtlpProtobuf(nested(2000))).toThrow(/at most 100 levels/);
  });

  it('passes over fields that OTLP does not have, also those of the wrong type', () => {
    const spans = field(
      2,
      field(2, field(5, 'GET /'), field(99, 'new'), Buffer.from([0x28, 1, 0x31, 0, 0, 0, 0, 0, 0, 0, 0])),
    );
    expect(decodeOtlpProtobuf(Buffer.concat([field(77, 'x'), field(1, spans)]))).toMatchObject([{ name: 'GET /' }]);
  });

  it('keeps its data when the bytes are a view of a larger buffer', () => {
    const bytes = encodeOtlpProtobuf([makeSpan(id(1))]);
    const larger = Buffer.concat([Buffer.alloc(7, 0xff), bytes, Buffer.alloc(7, 0xff)]);
    expect(decodeOtlpProtobuf(larger.subarray(7, 7 + bytes.length))).toMatchObject([{ spanId: id(1), name: 'GET /' }]);
  });

  it('says U+FFFD for bytes that are not UTF-8 and for lone surrogates', () => {
    const broken = field(1, field(2, field(2, field(5, Buffer.from([0xff, 0x41, 0xc3])))));
    for (let time = 0; time < 3; time++) expect(decodeOtlpProtobuf(broken)[0]?.name).toBe('\ufffdA\ufffd');
    expect(decodeOtlpProtobuf(encodeOtlpProtobuf([makeSpan(id(1), { name: 'a\ud800b' })]))[0]?.name).toBe('a\ufffdb');
  });

  it('tells alike texts apart though it remembers texts', () => {
    const names = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u0080'), maxLength: 6 }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(names, (all) => {
        const bytes = field(1, field(2, ...all.map((name) => field(2, field(5, name)))));
        expect(decodeOtlpProtobuf(bytes).map(({ name }) => name)).toEqual(all);
      }),
      { seed },
    );
  });

  it(`gives back the spans it was written from (FUZZ_SEED=${seed})`, () => {
    fc.assert(
      fc.property(anySpans(), (spans) => {
        expect(sorted(decodeOtlpProtobuf(encodeOtlpProtobuf(spans)))).toEqual(sorted(spans));
      }),
      { seed, numRuns: 1000 },
    );
  });

  it('is written for a large batch as well', () => {
    const spans = Array.from({ length: 5000 }, (_, index) =>
      makeSpan(id(index + 1), { name: 'x'.repeat(index % 300) }),
    );
    expect(sorted(decodeOtlpProtobuf(encodeOtlpProtobuf(spans)))).toEqual(sorted(spans.map(named)));
  });

  it(`is read as protobufjs reads it (FUZZ_SEED=${seed})`, () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const bytes = tracesData(message);
        expect(decodeOtlpProtobuf(bytes)).toEqual(expectedSpans(bytes));
      }),
      { seed, numRuns: 1000 },
    );
  });

  it(`that was damaged is read as protobufjs reads it, or refused (FUZZ_SEED=${seed})`, () => {
    const edit = fc.tuple(fc.nat(), fc.constantFrom('flip', 'cut', 'insert', 'overwrite'), fc.nat(255));
    const counts = { read: 0, refused: 0 };
    fc.assert(
      fc.property(anyMessage, fc.array(edit, { minLength: 1, maxLength: 4 }), (message, edits) => {
        const bytes = edits.reduce(damage, Buffer.from(tracesData(message)));
        let spans: Span[] | undefined;
        try {
          spans = decodeOtlpProtobuf(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(TraceFormatError);
          counts.refused++;
          return;
        }
        counts.read++;
        // What protobufjs refuses and we read is only what it does not need to refuse, so nothing is compared then.
        const expected = attempt(() => expectedSpans(bytes));
        if (expected !== undefined) expect(spans).toEqual(expected);
      }),
      { seed, numRuns: 3000 },
    );
    expect(counts.read).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(100);
  });

  it(`of random bytes is read or refused in seconds of processor time (FUZZ_SEED=${seed})`, () => {
    const before = process.cpuUsage();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        for (const decode of [decodeOtlpProtobuf, decodeOtlpLogsProtobuf]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(TraceFormatError);
          }
        }
      }),
      { seed, numRuns: 5000 },
    );
    expect(process.cpuUsage(before).user).toBeLessThan(20_000_000);
  });
});

describe('OTLP logs in protobuf', () => {
  it('are read with their trace, body and level', () => {
    const message = {
      resourceLogs: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
          scopeLogs: [
            {
              scope: { name: 'pino' },
              logRecords: [
                {
                  timeUnixNano: '7',
                  severityNumber: 17,
                  severityText: 'error',
                  eventName: 'checkout.failed',
                  body: { stringValue: 'no stock' },
                  attributes: [{ key: 'sku', value: { intValue: 5 } }],
                  traceId: Buffer.alloc(16, 1),
                  spanId: Buffer.alloc(8, 2),
                  flags: 1,
                },
                { observedTimeUnixNano: '8' },
              ],
            },
          ],
        },
      ],
    };
    const bytes = LogsData.encode(LogsData.fromObject(message)).finish();
    const records = decodeOtlpLogsProtobuf(bytes);
    expect(records).toEqual([
      {
        timeUnixNano: 7n,
        severity: 17,
        severityText: 'error',
        eventName: 'checkout.failed',
        body: 'no stock',
        attributes: { sku: 5 },
        traceId: '01'.repeat(16),
        spanId: '02'.repeat(8),
        resource: { service: 'shop', attributes: { 'service.name': 'shop' } },
        scope: { name: 'pino' },
      },
      {
        timeUnixNano: 8n,
        severity: 0,
        body: null,
        attributes: {},
        resource: { service: 'shop', attributes: { 'service.name': 'shop' } },
        scope: { name: 'pino' },
      },
    ]);
    expect(() => decodeOtlpLogsProtobuf(bytes.subarray(0, -1))).toThrow(TraceFormatError);
  });
});

const tracesData = (message: object): Uint8Array => TracesData.encode(TracesData.fromObject(message)).finish();

const named = (span: Span): Span => ({
  ...span,
  resource: { ...span.resource, attributes: { 'service.name': span.resource.service } },
});

/** A length-delimited field. */
function field(number: number, ...parts: readonly (string | Buffer)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}

function damage(bytes: Buffer, [place, how, value]: [number, string, number]): Buffer {
  const at = bytes.length === 0 ? 0 : place % bytes.length;
  if (how === 'cut') return bytes.subarray(0, at);
  if (how === 'insert') return Buffer.concat([bytes.subarray(0, at), Buffer.from([value]), bytes.subarray(at)]);
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[at] = how === 'flip' ? (copy[at] as number) ^ (1 << (value & 7)) : value;
  return copy;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const bytesOf = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const anyId = (size: number) => fc.oneof({ weight: 5, arbitrary: bytesOf(size) }, fc.uint8Array({ maxLength: 20 }));
const anyLong = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const anyTime = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const anyCount = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const { value: protoValue } = fc.letrec<{ value: object; keyValue: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.record({ stringValue: anyText }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: fc.oneof(anyLong, fc.integer().map(String)) }),
    fc.record({ doubleValue: fc.double() }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 20 }) }),
    fc.constant({}),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: fc.array(tie('keyValue'), { maxLength: 3 }) }) }),
  ),
  keyValue: fc.record({ key: anyText, value: tie('value') }),
}));
const protoAttributes = fc.array(fc.record({ key: anyText, value: protoValue }), { maxLength: 4 });
const anyMessage: fc.Arbitrary<object> = fc.record({
  resourceSpans: fc.array(
    fc.record(
      {
        resource: fc.record({ attributes: protoAttributes, droppedAttributesCount: anyCount }),
        schemaUrl: anyText,
        scopeSpans: fc.array(
          fc.record(
            {
              scope: fc.record({ name: anyText, version: anyText, attributes: protoAttributes }),
              schemaUrl: anyText,
              spans: fc.array(
                fc.record(
                  {
                    traceId: anyId(16),
                    spanId: anyId(8),
                    traceState: anyText,
                    parentSpanId: anyId(8),
                    flags: anyCount,
                    name: anyText,
                    kind: fc.integer({ min: -1, max: 7 }),
                    startTimeUnixNano: anyTime,
                    endTimeUnixNano: anyTime,
                    attributes: protoAttributes,
                    droppedAttributesCount: anyCount,
                    events: fc.array(
                      fc.record({
                        timeUnixNano: anyTime,
                        name: anyText,
                        attributes: protoAttributes,
                        droppedAttributesCount: anyCount,
                      }),
                      { maxLength: 2 },
                    ),
                    droppedEventsCount: anyCount,
                    links: fc.array(
                      fc.record({
                        traceId: anyId(16),
                        spanId: anyId(8),
                        traceState: anyText,
                        attributes: protoAttributes,
                        flags: anyCount,
                      }),
                      { maxLength: 2 },
                    ),
                    droppedLinksCount: anyCount,
                    status: fc.record({ message: anyText, code: fc.integer({ min: -1, max: 4 }) }),
                  },
                  { requiredKeys: [] },
                ),
                { maxLength: 3 },
              ),
            },
            { requiredKeys: [] },
          ),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 2 },
  ),
});

// What protobufjs makes of a message; the schema says which fields there are.
type Message = { readonly [name: string]: unknown };
const messages = (value: unknown): Message[] => (value ?? []) as Message[];
const text = (value: unknown): string => (value ?? '') as string;
const number = (value: unknown): number => (value ?? 0) as number;
const time = (value: unknown): bigint => BigInt((value ?? 0) as string);

/** The spans that protobufjs finds, told in our words by the specification, independently of the decoder. */
function expectedSpans(bytes: Uint8Array): Span[] {
  const message: Message = TracesData.toObject(TracesData.decode(bytes), { longs: String, arrays: true, oneofs: true });
  return messages(message.resourceSpans).flatMap(({ resource, scopeSpans }) => {
    const attributes = expectedAttributes((resource as Message | undefined)?.attributes);
    const service = attributes['service.name'];
    return messages(scopeSpans).flatMap(({ scope, spans }) => {
      const { name, version } = (scope ?? {}) as Message;
      return messages(spans).map((span) => ({
        ...expectedSpan(span),
        resource: { service: typeof service === 'string' ? service : '', attributes },
        scope:
          text(name) + text(version) === '' ? undefined : { name: text(name), version: text(version) || undefined },
      }));
    });
  });
}

function expectedSpan(span: Message): Omit<Span, 'resource' | 'scope'> {
  const status = (span.status ?? {}) as Message;
  const parent = expectedId(span.parentSpanId, 8);
  const kinds = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
  return {
    traceId: expectedId(span.traceId, 16),
    spanId: expectedId(span.spanId, 8),
    parentSpanId: /^0*$/.test(parent) ? undefined : parent,
    traceState: text(span.traceState) || undefined,
    flags: number(span.flags) || undefined,
    name: text(span.name),
    kind: kinds[number(span.kind)] ?? 'internal',
    startUnixNano: time(span.startTimeUnixNano),
    endUnixNano: time(span.endTimeUnixNano),
    status: (['unset', 'ok', 'error'] as const)[number(status.code)] ?? 'unset',
    statusMessage: text(status.message) || undefined,
    attributes: expectedAttributes(span.attributes),
    events: messages(span.events).map((event) => ({
      name: text(event.name),
      timeUnixNano: time(event.timeUnixNano),
      attributes: expectedAttributes(event.attributes),
    })),
    links: messages(span.links).map((link) => ({
      traceId: expectedId(link.traceId, 16),
      spanId: expectedId(link.spanId, 8),
      traceState: text(link.traceState) || undefined,
      attributes: expectedAttributes(link.attributes),
    })),
    droppedAttributes: number(span.droppedAttributesCount) || undefined,
    droppedEvents: number(span.droppedEventsCount) || undefined,
    droppedLinks: number(span.droppedLinksCount) || undefined,
  };
}

function expectedId(value: unknown, size: number): string {
  const bytes = Buffer.from((value ?? []) as Uint8Array);
  if (bytes.length === 0 || bytes.length > size) return '';
  return bytes.toString('hex').padStart(size * 2, '0');
}

function expectedAttributes(list: unknown): { [key: string]: AttributeValue } {
  return withoutPrototype(messages(list).map(({ key, value }) => [text(key), expectedValue(value as Message)]));
}

function expectedValue(message: Message | undefined): AttributeValue {
  const { value = '', ...all } = message ?? {};
  const chosen = all[value as string];
  switch (value) {
    case 'intValue':
      return Number.isSafeInteger(Number(chosen)) ? Number(chosen) : (chosen as string);
    case 'bytesValue':
      return Buffer.from(chosen as Uint8Array).toString('base64');
    case 'arrayValue':
      return messages((chosen as Message).values).map(expectedValue);
    case 'kvlistValue':
      return expectedAttributes((chosen as Message).values);
    default:
      return (chosen as AttributeValue | undefined) ?? null;
  }
}
