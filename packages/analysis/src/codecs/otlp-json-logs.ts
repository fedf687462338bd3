import type { LogRecord } from '../log-record.ts';
import type { Resource, Scope } from '../span.ts';
import { type Fields, fieldsOf, parseJson, someText, textOf, timeOf } from './json-fields.ts';
import { itemsOf } from './otlp-json-groups.ts';
import { attributesFrom, idFrom, valueFrom } from './otlp-json-values.ts';
import { TraceFormatError } from './trace-format-error.ts';

/**
 * Reads the log records of OTLP JSON, given as text or parsed: `{"resourceLogs": […]}`. A field that is not of its type
 * counts as missing.
 *
 * @throws {TraceFormatError} if it is not JSON, or not of this structure.
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function decodeOtlpLogsJson(json: unknown): LogRecord[] {
  const { resourceLogs } = fieldsOf(parseJson(json), 'OTLP JSON');
  if (resourceLogs === undefined) throw new TraceFormatError('Expected OTLP JSON: an object with "resourceLogs".');
  return itemsOf(resourceLogs, ['scopeLogs'], 'logRecords', recordFrom);
}

function recordFrom(record: Fields, resource: Resource, scope: Scope | undefined): LogRecord {
  return {
    timeUnixNano: timeOf(record.timeUnixNano) || timeOf(record.observedTimeUnixNano),
    severity: severityFrom(record.severityNumber),
    severityText: someText(record.severityText),
    eventName: someText(record.eventName),
    body: valueFrom(record.body),
    attributes: attributesFrom(record.attributes),
    traceId: idFrom(record.traceId, 32) || undefined,
    spanId: idFrom(record.spanId, 16) || undefined,
    resource,
    scope,
  };
}

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

// The number or, which OTLP forbids and some do, the name: SEVERITY_NUMBER_WARN2 is 14.
function severityFrom(value: unknown): number {
  if (typeof value === 'number') return value >= 0 && value < 2 ** 31 ? Math.trunc(value) : 0;
  const [, level = '', step = '1'] = /^SEVERITY_NUMBER_([A-Z]+)([2-4]?)$/.exec(textOf(value)) ?? [];
  const index = LEVELS.indexOf(level);
  return index < 0 ? 0 : index * 4 + Number(step || 1);
}
