export { adjustedCount } from './adjusted-count.ts';
export { type Anomaly, type AnomalyKind, anomalies } from './anomalies.ts';
export { CLOCK_TOLERANCE, isAsynchronous } from './asynchronous.ts';
export { type Bottleneck, type BottleneckKind, bottlenecks } from './bottlenecks.ts';
export { buildTrace } from './build-trace.ts';
export { type ClockAdjustment, type ClockSkew, clockSkew } from './clock-skew.ts';
export { decodeJaegerJson } from './codecs/jaeger-decode.ts';
export { encodeJaegerJson, type JaegerJson, type JaegerTrace } from './codecs/jaeger-encode.ts';
export { decodeOtlpJson } from './codecs/otlp-json-decode.ts';
export { encodeJaegerV3Json, encodeOtlpJson, type OtlpJson } from './codecs/otlp-json-encode.ts';
export { decodeOtlpLogsJson } from './codecs/otlp-json-logs.ts';
export { decodeOtlpProtobuf, visitOtlpProtobuf } from './codecs/otlp-protobuf-decode.ts';
export { encodeOtlpProtobuf } from './codecs/otlp-protobuf-encode.ts';
export { decodeOtlpLogsProtobuf } from './codecs/otlp-protobuf-logs.ts';
export { readSpans } from './codecs/read-spans.ts';
export { TraceFormatError } from './codecs/trace-format-error.ts';
export { decodeZipkinJson } from './codecs/zipkin-decode.ts';
export { encodeZipkinJson, type ZipkinSpan } from './codecs/zipkin-encode.ts';
export { type ComparedPath, type Comparison, compare, type PathFigures } from './compare.ts';
export { type CriticalPath, type CriticalPathOptions, criticalPath, type Interval } from './critical-path.ts';
export {
  type Dependencies,
  type DependencyEdge,
  DependencyGraph,
  type DependencyNode,
  dependencies,
} from './dependencies.ts';
export { type DifferingAttribute, differingAttributes } from './differing-attributes.ts';
export { DurationSketch } from './duration-sketch.ts';
export { groupByTrace } from './group-by-trace.ts';
export type { LogRecord } from './log-record.ts';
export { type NodeKind, type Peer, peerOf } from './peer.ts';
export { type RootCause, type RootCauseEvidence, rootCauses } from './root-causes.ts';
export { selfTimes } from './self-times.ts';
export { believable, probabilityOf, shareDifference, wilsonInterval } from './significance.ts';
export type { Attributes, AttributeValue, Resource, Scope, Span, SpanEvent, SpanKind, SpanLink } from './span.ts';
export {
  type CallStatistics,
  type OperationStatistics,
  type ServiceStatistics,
  Statistics,
  statistics,
} from './statistics.ts';
export type { Trace, TraceSpan, TraceWarning } from './trace.ts';
export { type CallProfile, generalName, type PathProfile, TraceProfile } from './trace-profile.ts';
export { withoutSkew } from './without-skew.ts';
