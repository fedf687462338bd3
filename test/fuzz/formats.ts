import {
  anomalies,
  bottlenecks,
  buildTrace,
  clockSkew,
  compare,
  criticalPath,
  decodeJaegerJson,
  decodeOtlpJson,
  decodeOtlpLogsJson,
  decodeOtlpLogsProtobuf,
  decodeOtlpProtobuf,
  decodeZipkinJson,
  dependencies,
  encodeJaegerJson,
  encodeOtlpJson,
  encodeOtlpProtobuf,
  encodeZipkinJson,
  groupByTrace,
  readSpans,
  rootCauses,
  type Span,
  selfTimes,
  statistics,
  TraceFormatError,
} from '@throughline/analysis';
import fc from 'fast-check';
import { bytesNear, must, type Target, target, textsNear, valuesNear } from './target.ts';

const isFormatError = (thrown: unknown): boolean => thrown instanceof TraceFormatError;
const [ID, ROOT, CHILD] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331', 'c7ad6b7169203332'];
const resource = { service: 'shop', attributes: { 'service.name': 'shop', tags: ['a', 'b'] } };

const spans: Span[] = [
  {
    traceId: ID,
    spanId: ROOT,
    name: 'GET /',
    kind: 'server',
    resource,
    startUnixNano: 1_700_000_000_000_000_000n,
    endUnixNano: 1_700_000_000_900_000_000n,
    attributes: { 'http.route': '/', ok: true, ratio: 0.5 },
    status: 'unset',
    events: [],
    links: [],
  },
  {
    traceId: ID,
    spanId: CHILD,
    parentSpanId: ROOT,
    name: 'SELECT é',
    kind: 'client',
    resource,
    startUnixNano: 1_700_000_000_100_000_000n,
    endUnixNano: 1_700_000_000_500_000_000n,
    attributes: { 'db.system.name': 'postgresql', n: 7 },
    status: 'error',
    statusMessage: 'no',
    events: [{ name: 'retry', timeUnixNano: 1_700_000_000_200_000_000n, attributes: { attempt: 2 } }],
    links: [{ traceId: ID, spanId: ROOT, attributes: {} }],
  },
];
const log = {
  resourceLogs: [
    {
      resource: {},
      scopeLogs: [
        {
          scope: { name: 'a' },
          logRecords: [
            {
              timeUnixNano: '1700000000000000000',
              severityNumber: 9,
              body: { stringValue: 'x' },
              traceId: ID,
              spanId: ROOT,
            },
          ],
        },
      ],
    },
  ],
};
const written = {
  otlp: encodeOtlpJson(spans),
  jaeger: encodeJaegerJson(spans),
  zipkin: encodeZipkinJson(spans),
  protobuf: encodeOtlpProtobuf(spans),
};
const texts = [written.otlp, written.jaeger, written.zipkin, log].map((each) => JSON.stringify(each));
const PIECES = ['{', '}', '[', ']', ',', ':', 'null', '"traceId"', '"spans":[', '\n', ID, '1e400', '[['];

/** Reads spans, and does with them all that the viewer and the command line do. */
function understood(decode: () => Span[]): Span[] {
  const found = decode();
  const traces = [...groupByTrace(found).values()].map((trace) => buildTrace(trace));
  for (const trace of traces) {
    const path = criticalPath(trace);
    bottlenecks(trace, path);
    selfTimes(trace);
    clockSkew(trace);
  }
  anomalies(traces, traces);
  rootCauses(traces, traces);
  compare(traces, traces);
  statistics(found);
  dependencies(traces);
  return found;
}

function checkSpans(found: readonly Span[]): void {
  for (const span of found) {
    must(/^[\da-f]{32}$/.test(span.traceId) || span.traceId === '', () => `trace id ${span.traceId}`);
    must(typeof span.startUnixNano === 'bigint' && typeof span.endUnixNano === 'bigint', () => 'times are no integers');
    must(typeof span.name === 'string', () => 'no name');
  }
  // What was read can be written in every format, and read again as many times as one likes.
  const again = decodeOtlpProtobuf(encodeOtlpProtobuf(found));
  must(again.length === found.length, () => `${found.length} spans came back as ${again.length}`);
  encodeJaegerJson(found);
  encodeZipkinJson(found);
  must(decodeOtlpJson(JSON.parse(JSON.stringify(encodeOtlpJson(found)))).length === found.length, () => 'lost by JSON');
}

const format = (name: string, valid: unknown, decode: (json: unknown) => Span[]): Target =>
  target(`spans of ${name}`, valuesNear(valid), (json) => understood(() => decode(json)), checkSpans, isFormatError);

export const formatTargets: readonly Target[] = [
  format('OTLP as JSON', written.otlp, decodeOtlpJson),
  format('Jaeger', written.jaeger, decodeJaegerJson),
  format('Zipkin', written.zipkin, decodeZipkinJson),
  target(
    'spans of OTLP as protobuf',
    bytesNear([written.protobuf]),
    (bytes) => understood(() => decodeOtlpProtobuf(bytes)),
    checkSpans,
    isFormatError,
  ),
  target(
    'logs of OTLP as JSON',
    valuesNear(log),
    (json) => decodeOtlpLogsJson(json),
    () => {},
    isFormatError,
  ),
  target(
    'logs of OTLP as protobuf',
    bytesNear([written.protobuf]),
    (bytes) => decodeOtlpLogsProtobuf(bytes),
    () => {},
    isFormatError,
  ),
  target(
    'files of traces, whatever is in them',
    fc.oneof(textsNear(texts, PIECES), bytesNear([written.protobuf, ...texts.map((text) => Buffer.from(text))])),
    (data) => understood(() => readSpans(data)),
    checkSpans,
    isFormatError,
  ),
];
