import type { LogRecord } from '../log-record.ts';
import type { AttributeValue, Resource, Scope } from '../span.ts';
import { newBag } from './attribute-bag.ts';
import { readGroups } from './otlp-protobuf-groups.ts';
import { readAttribute, readId, readValue } from './otlp-protobuf-values.ts';
import type { ProtobufReader } from './protobuf-reader.ts';

/**
 * Reads the records of an OTLP `ExportLogsServiceRequest` or `LogsData` in protobuf.
 *
 * @throws {TraceFormatError} if the bytes are not protobuf; fields that OTLP does not have are passed over.
 * @see https://opentelemetry.io/docs/specs/otlp/
 */
export function decodeOtlpLogsProtobuf(bytes: Uint8Array): LogRecord[] {
  const records: LogRecord[] = [];
  readGroups(bytes, (reader, resource, scope) => records.push(readRecord(reader, resource, scope)));
  return records;
}

function readRecord(reader: ProtobufReader, resource: Resource, scope: Scope | undefined): LogRecord {
  let timeUnixNano = 0n;
  let observed = 0n;
  let severity = 0;
  let severityText: string | undefined;
  let eventName: string | undefined;
  let body: AttributeValue = null;
  const attributes = newBag();
  let traceId: string | undefined;
  let spanId: string | undefined;
  reader.message((tag) => {
    switch (tag) {
      case 0x09: // time_unix_nano = 1
        timeUnixNano = reader.fixed64();
        break;
      case 0x10: // severity_number = 2
        severity = reader.varint();
        break;
      case 0x1a: // severity_text = 3
        severityText = reader.string() || undefined;
        break;
      case 0x2a: // body = 5
        body = readValue(reader, 0, body);
        break;
      case 0x32: // attributes = 6
        readAttribute(reader, attributes);
        break;
      case 0x4a: // trace_id = 9
        traceId = readId(reader, 16) || undefined;
        break;
      case 0x52: // span_id = 10
        spanId = readId(reader, 8) || undefined;
        break;
      case 0x59: // observed_time_unix_nano = 11
        observed = reader.fixed64();
        break;
      case 0x62: // event_name = 12
        eventName = reader.string() || undefined;
        break;
      default:
        reader.skip(tag);
    }
  });
  return {
    timeUnixNano: timeUnixNano === 0n ? observed : timeUnixNano,
    severity,
    severityText,
    eventName,
    body,
    attributes,
    traceId,
    spanId,
    resource,
    scope,
  };
}
