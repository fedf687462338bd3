import type { LogRecord } from '../log-record.ts';
import type { AttributeValue, Resource, Scope } from '../span.ts';
import { newBag } from './attribute-bag.ts';
import { resourceOf } from './otlp-names.ts';
import { readAttribute, readId, readResource, readScope, readValue } from './otlp-protobuf-values.ts';
import { ProtobufReader } from './protobuf-reader.ts';

/**
 * Reads the records of an OTLP `ExportLogsServiceRequest` or `LogsData` in protobuf.
 *
 * @throws {TraceFormatError} if the bytes are not protobuf; fields that OTLP does not have are passed over.
 * @see https://opentelemetry.io/docs/specs/otlp/
 */
export function decodeOtlpLogsProtobuf(bytes: Uint8Array): LogRecord[] {
  const records: LogRecord[] = [];
  const reader = new ProtobufReader(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) readResourceLogs(reader, records);
    else reader.skip(tag);
  }
  return records;
}

function readResourceLogs(reader: ProtobufReader, records: LogRecord[]): void {
  const outer = reader.enter();
  // The resource may come after the records, so it is looked for first.
  const start = reader.at;
  let resource: Resource | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) resource = readResource(reader);
    else reader.skip(tag);
  }
  reader.at = start;
  resource ??= resourceOf(newBag());
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x12) readScopeLogs(reader, resource, records);
    else reader.skip(tag);
  }
  reader.leave(outer);
}

function readScopeLogs(reader: ProtobufReader, resource: Resource, records: LogRecord[]): void {
  const outer = reader.enter();
  const start = reader.at;
  let scope: Scope | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) scope = readScope(reader);
    else reader.skip(tag);
  }
  reader.at = start;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x12) records.push(readRecord(reader, resource, scope));
    else reader.skip(tag);
  }
  reader.leave(outer);
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
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
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
        body = readValue(reader, 0);
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
  }
  reader.leave(outer);
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
