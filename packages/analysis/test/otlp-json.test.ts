import {
  decodeOtlpJson,
  decodeOtlpLogsJson,
  decodeOtlpProtobuf,
  encodeJaegerV3Json,
  encodeOtlpJson,
  encodeOtlpProtobuf,
  TraceFormatError,
} from '@throughline/analysis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySpans, seed, sorted } from './arbitrary-spans.ts';

const TRACE = '5B8EFFF798038103D269B633813FC60C';
const withSpan = (span: object, resource: object = {}): string =>
  JSON.stringify({
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'my.library', version: '1.0.0' }, spans: [span] }] }],
  });

describe('OTLP JSON', () => {
  it('is read as the specification writes it', () => {
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'my.service' } }] };
    const text = withSpan(
      {
        traceId: TRACE,
        spanId: 'EEE19B7EC3C1B174',
        parentSpanId: 'EEE19B7EC3C1B173',
        name: "I'm a server span",
        startTimeUnixNano: '1544712660000000001',
        endTimeUnixNano: '1544712661000000000',
        kind: 2,
        flags: 257,
        status: { code: 2, message: 'broken' },
        attributes: [
          { key: 'int', value: { intValue: '9223372036854775807' } },
          { key: 'small', value: { intValue: '-5' } },
          { key: 'double', value: { doubleValue: 'NaN' } },
          { key: '__proto__', value: { arrayValue: { values: [{ boolValue: false }, {}] } } },
          { key: 'map', value: { kvlistValue: { values: [{ key: 'bytes', value: { bytesValue: 'AP8B' } }] } } },
        ],
        events: [{ timeUnixNano: '5', name: 'e' }],
        links: [{ traceId: TRACE, spanId: 'EEE19B7EC3C1B172' }],
        unknownField: { of: 'the future' },
        droppedAttributesCount: 1,
      },
      resource,
    );
    const [span] = decodeOtlpJson(text);
    expect(span).toMatchObject({
      traceId: TRACE.toLowerCase(),
      spanId: 'eee19b7ec3c1b174',
      parentSpanId: 'eee19b7ec3c1b173',
      startUnixNano: 1544712660000000001n,
      endUnixNano: 1544712661000000000n,
      kind: 'server',
      flags: 257,
      status: 'error',
      statusMessage: 'broken',
      events: [{ name: 'e', timeUnixNano: 5n, attributes: {} }],
      links: [{ traceId: TRACE.toLowerCase(), spanId: 'eee19b7ec3c1b172' }],
      resource: { service: 'my.service' },
      scope: { name: 'my.library', version: '1.0.0' },
      droppedAttributes: 1,
    });
    expect(Object.entries(span?.attributes ?? {})).toEqual([
      ['int', '9223372036854775807'],
      ['small', -5],
      ['double', Number.NaN],
      ['__proto__', [false, null]],
      ['map', { bytes: 'AP8B' }],
    ]);
  });

  it('keeps every digit of times and integers that were written as numbers', () => {
    const text = `{"resourceSpans": [{"scopeSpans": [{"spans": [{
      "startTimeUnixNano": 1544712660300000001, "endTimeUnixNano" : 1544712660300000002, "name": "\\"startTimeUnixNano\\":1544712660300000001 ",
      "attributes": [{"key": "n", "value": {"intValue": 9223372036854775807}}, {"key": "m", "value": {"intValue": -7}}]}]}]}]}`;
    expect(decodeOtlpJson(text)).toMatchObject([
      {
        name: '"startTimeUnixNano":1544712660300000001 ',
        startUnixNano: 1544712660300000001n,
        endUnixNano: 1544712660300000002n,
        attributes: { n: '9223372036854775807', m: -7 },
      },
    ]);
  });

  it('is read though enums are names, ids are base64 or fields are not of their type', () => {
    expect(decodeOtlpJson(withSpan({ kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_OK' } }))).toMatchObject([
      { kind: 'client', status: 'ok' },
    ]);
    const traceId = Buffer.from(TRACE, 'hex').toString('base64');
    expect(decodeOtlpJson(withSpan({ traceId, spanId: '7uGbfsPBsXQ=' }))).toMatchObject([
      { traceId: TRACE.toLowerCase(), spanId: 'eee19b7ec3c1b174' },
    ]);
    const odd = {
      traceId: 5,
      spanId: 'xyz',
      kind: {},
      name: [],
      startTimeUnixNano: -1,
      endTimeUnixNano: '1e3',
      flags: 'x',
    };
    expect(decodeOtlpJson(withSpan(odd))).toMatchObject([
      { traceId: '', spanId: '', kind: 'internal', name: '', startUnixNano: 0n, endUnixNano: 0n },
    ]);
  });

  it('is read within the answers of Jaeger v3 and Tempo and under its old names', () => {
    const { resourceSpans } = JSON.parse(withSpan({ name: 'a' }));
    const old = [{ instrumentationLibrarySpans: [{ instrumentationLibrary: { name: 'x' }, spans: [{ name: 'a' }] }] }];
    for (const json of [
      { result: { resourceSpans } },
      { trace: { resourceSpans } },
      { batches: resourceSpans },
      { batches: old },
    ]) {
      expect(decodeOtlpJson(json)).toMatchObject([{ name: 'a', scope: { name: expect.any(String) } }]);
    }
  });

  it.each([
    ['{', /Expected JSON/],
    ['[]', /an object with "resourceSpans"/],
    ['{"resource_spans": []}', /an object with "resourceSpans"/],
    ['{"resourceSpans": {}}', /Expected the list by resource to be an array, got an object/],
    ['{"resourceSpans": [5]}', /Expected a resource with its scopes to be an object, got a number/],
    [
      '{"resourceSpans": [{"scopeSpans": [{"spans": [[]]}]}]}',
      /Expected an item of spans to be an object, got an array/,
    ],
  ])('is refused with what was expected when it is %s', (text, message) => {
    expect(() => decodeOtlpJson(text)).toThrow(TraceFormatError);
    expect(() => decodeOtlpJson(text)).toThrow(message);
  });

  it('is refused when a value nests deeper than 100 levels', () => {
    const value = (levels: number): string => `${'{"arrayValue":{"values":['.repeat(levels)}{}${']}}'.repeat(levels)}`;
    const nested = (levels: number): string =>
      `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a","value":${value(levels)}}]}]}]}]}`;
    expect(decodeOtlpJson(nested(100))).toHaveLength(1);
    expect(() => decodeOtlpJson(nested(101))).toThrow(/at most 100 levels/);
  });

  it(`gives back the spans it was written from, as protobuf does (FUZZ_SEED=${seed})`, () => {
    fc.assert(
      fc.property(anySpans(), (spans) => {
        expect(sorted(decodeOtlpJson(JSON.stringify(encodeOtlpJson(spans))))).toEqual(sorted(spans));
        expect(sorted(decodeOtlpJson(encodeJaegerV3Json(spans)))).toEqual(
          sorted(decodeOtlpProtobuf(encodeOtlpProtobuf(spans))),
        );
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe('OTLP logs in JSON', () => {
  it('are read with their trace, body and level', () => {
    const logRecords = [
      {
        timeUnixNano: '1544712660300000000',
        severityNumber: 10,
        severityText: 'Information',
        traceId: TRACE,
        spanId: 'EEE19B7EC3C1B174',
        body: { kvlistValue: { values: [{ key: 'msg', value: { stringValue: 'hello' } }] } },
        attributes: [{ key: 'n', value: { doubleValue: 0.5 } }],
      },
      { observedTimeUnixNano: 1_544_712_660_000, severityNumber: 'SEVERITY_NUMBER_WARN3' },
    ];
    const text = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ scope: { name: 'pino' }, logRecords }] }] });
    expect(decodeOtlpLogsJson(text.replace('1544712660300000000"', '1544712660300000009"'))).toMatchObject([
      {
        timeUnixNano: 1544712660300000009n,
        severity: 10,
        severityText: 'Information',
        body: { msg: 'hello' },
        traceId: TRACE.toLowerCase(),
        spanId: 'eee19b7ec3c1b174',
        attributes: { n: 0.5 },
        resource: { service: '' },
        scope: { name: 'pino' },
      },
      { severity: 15, body: null },
    ]);
    expect(() => decodeOtlpLogsJson('{"resourceSpans": []}')).toThrow(/an object with "resourceLogs"/);
  });
});
