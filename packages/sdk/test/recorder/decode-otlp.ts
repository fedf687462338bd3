import protobuf from 'protobufjs';

export type DecodedAttribute = { key: string; value: Record<string, unknown> };
export type DecodedSpan = {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  traceState: string;
  flags: number;
  attributes: DecodedAttribute[];
  droppedAttributesCount: number;
  events: { name: string; attributes: DecodedAttribute[] }[];
  links: { traceId: string; attributes: DecodedAttribute[] }[];
  status: { code: number; message: string } | null;
};
export type DecodedTraces = {
  resourceSpans: {
    resource: { attributes: DecodedAttribute[] };
    scopeSpans: { scope: { name: string; version: string }; schemaUrl: string; spans: DecodedSpan[] }[];
  }[];
};

// The messages of opentelemetry/proto/trace/v1/trace.proto and what they consist of, by their published field numbers.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValueList { repeated KeyValue values = 1; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
  message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
  message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; uint32 dropped_attributes_count = 5; fixed32 flags = 6; }
  message Status { string message = 2; int32 code = 3; }
  message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10; repeated Event events = 11; uint32 dropped_events_count = 12; repeated Link links = 13; uint32 dropped_links_count = 14; Status status = 15; fixed32 flags = 16; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
  message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
`);
const requestType = root.lookupType('ExportTraceServiceRequest');

/** Decodes an OTLP export request with a decoder that is not ours; ids come as hex, 64-bit integers as text. */
export function decodeTraces(bytes: Uint8Array): DecodedTraces {
  const options = { longs: String, bytes: String, defaults: true, arrays: true };
  const decoded = requestType.toObject(requestType.decode(bytes), options) as DecodedTraces;
  for (const { scopeSpans } of decoded.resourceSpans) {
    for (const { spans } of scopeSpans) {
      for (const span of spans) {
        span.traceId = hex(span.traceId);
        span.spanId = hex(span.spanId);
        span.parentSpanId = hex(span.parentSpanId);
      }
    }
  }
  return decoded;
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}
