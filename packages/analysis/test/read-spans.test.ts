import { gzipSync } from 'node:zlib';
import {
  encodeJaegerJson,
  encodeJaegerV3Json,
  encodeOtlpJson,
  encodeOtlpProtobuf,
  encodeZipkinJson,
  readSpans,
  TraceFormatError,
} from '@throughline/analysis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from './arbitrary-spans.ts';
import { id, makeSpan } from './spans.ts';

const spans = [makeSpan(id(1)), makeSpan(id(2), { parentSpanId: id(1), start: 1000, end: 9000 })];
const otlp = JSON.stringify(encodeOtlpJson(spans));

describe('Spans of an unnamed format', () => {
  it.each<[string, string | Uint8Array]>([
    ['OTLP JSON', otlp],
    ['OTLP JSON with a byte order mark', `\ufeff\n${otlp}`],
    [
      'OTLP JSON lines',
      `${JSON.stringify(encodeOtlpJson([spans[0] as never]))}\n\n{"resourceLogs":[]}\r\n${JSON.stringify(encodeOtlpJson([spans[1] as never]))}\n`,
    ],
    ['a list of OTLP JSON', `[${otlp}]`],
    ['OTLP protobuf', encodeOtlpProtobuf(spans)],
    ['Jaeger v1', JSON.stringify(encodeJaegerJson(spans))],
    ['a trace of Jaeger', JSON.stringify(encodeJaegerJson(spans).data[0])],
    ['traces of Jaeger', JSON.stringify(encodeJaegerJson(spans).data)],
    ['Jaeger v3', JSON.stringify(encodeJaegerV3Json(spans))],
    ['Tempo', JSON.stringify({ batches: encodeOtlpJson(spans).resourceSpans })],
    ['Zipkin', JSON.stringify(encodeZipkinJson(spans))],
    ['Zipkin traces', JSON.stringify([encodeZipkinJson(spans)])],
    [
      'Zipkin JSON lines',
      encodeZipkinJson(spans)
        .map((span) => JSON.stringify(span))
        .join('\n'),
    ],
  ])('are read from %s', (_format, data) => {
    const inputs = typeof data === 'string' ? [data, Buffer.from(data)] : [data];
    for (const input of inputs)
      expect(
        readSpans(input)
          .map(({ spanId }) => spanId)
          .sort(),
      ).toEqual([id(1), id(2)]);
  });

  it('are read from protobuf that begins like text', () => {
    // A first message of 0x7b bytes begins with a line feed and an opening brace.
    const lengths = Array.from({ length: 200 }, (_, length) =>
      encodeOtlpProtobuf([makeSpan(id(1), { name: 'x'.repeat(length) })]),
    );
    const likeText = lengths.filter((bytes) => bytes[1] === 0x7b || bytes[1] === 0x5b);
    expect(likeText.length).toBeGreaterThan(0);
    for (const bytes of likeText) expect(readSpans(bytes)).toMatchObject([{ spanId: id(1) }]);
  });

  it.each<[string | Uint8Array, RegExp]>([
    ['', /got nothing/],
    [new Uint8Array(0), /got nothing/],
    ['hello', /Expected JSON/],
    [
      Buffer.from('hello'),
      /Expected spans as OTLP JSON or protobuf, JSON lines, Jaeger JSON or Zipkin JSON; got 5 other bytes/,
    ],
    [gzipSync(otlp), /got gzip: unpack it first/],
    ['5', /got a number/],
    ['{}', /got an object with the keys \[\]/],
    ['{"spans": 1, "foo": 2}', /got an object with the keys \["spans","foo"\]/],
    ['[{"a": 1}]', /got an array/],
    ['{"resourceMetrics": []}', /got another signal of OTLP/],
    ['{"resource_spans": []}', /"resource_spans", not "resourceSpans"/],
    [`${otlp}\n{"foo": 1}`, /Line 2: Expected spans as .*got an object with the keys \["foo"\]/],
    [`${otlp}\n{"foo`, /Line 2: Expected JSON/],
    [
      `{"data":[{"traceID":"1","spans":[{"processID":"p"}],"processes":{"p":${'['.repeat(20_000)}${']'.repeat(20_000)}}}]}`,
      /Expected/,
    ],
    [`[{"traceId":"1","id":"1","tags":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}]`, /nest less deeply/],
  ])('are refused with what was expected (case %#)', (data, message) => {
    expect(() => readSpans(data)).toThrow(TraceFormatError);
    expect(() => readSpans(data)).toThrow(message);
  });

  it(`are read or refused clearly, whatever JSON it is (FUZZ_SEED=${seed})`, () => {
    const keys = [
      ...[
        'resourceSpans',
        'scopeSpans',
        'spans',
        'resource',
        'attributes',
        'key',
        'value',
        'traceId',
        'spanId',
        'events',
      ],
      ...[
        'links',
        'status',
        'kind',
        'data',
        'traceID',
        'spanID',
        'references',
        'processes',
        'tags',
        'logs',
        'processID',
      ],
      ...['id', 'annotations', 'localEndpoint', 'result', 'batches', 'errors', 'startTime', 'timestamp', '__proto__'],
    ];
    const { json } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 9, depthSize: 'large' },
        fc.constantFrom<unknown>(null, true, 1, -1.5, 1e300, '', 'abc1', '1', '\ud800', '__proto__'),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('json'), { maxKeys: 6 }),
      ),
    }));
    // Valid documents with something else somewhere in them come further than random ones.
    const valid = [otlp, JSON.stringify(encodeJaegerJson(spans)), JSON.stringify(encodeZipkinJson(spans))];
    const grafted = fc.tuple(fc.constantFrom(...valid), fc.nat(), json).map(([text, place, graft]) => {
      let left = place % 120;
      return JSON.parse(text, (_key, value) => (left-- === 0 ? graft : value));
    });
    const counts = { read: 0, refused: 0 };
    fc.assert(
      fc.property(fc.oneof(json, grafted), (document) => {
        try {
          for (const { traceId, spanId, startUnixNano } of readSpans(JSON.stringify(document) ?? 'null')) {
            expect(traceId).toMatch(/^([\da-f]{32})?$/);
            expect(spanId).toMatch(/^([\da-f]{16})?$/);
            expect(startUnixNano).toBeTypeOf('bigint');
          }
          counts.read++;
        } catch (error) {
          expect(error).toBeInstanceOf(TraceFormatError);
          counts.refused++;
        }
      }),
      { seed, numRuns: 4000 },
    );
    expect(counts.read).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(100);
  });
});
