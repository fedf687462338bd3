import type { Span } from '../span.ts';
import { decodeJaegerJson, isJaegerJson } from './jaeger-decode.ts';
import { isObject, parseJson, typeNameOf } from './json-fields.ts';
import { decodeOtlpJson, isOtlpJson } from './otlp-json-decode.ts';
import { decodeOtlpProtobuf } from './otlp-protobuf-decode.ts';
import { TraceFormatError } from './trace-format-error.ts';
import { decodeUtf8 } from './utf8.ts';
import { decodeZipkinJson, isZipkinSpan } from './zipkin-decode.ts';

const EXPECTED = 'Expected spans as OTLP JSON or protobuf, JSON lines, Jaeger JSON or Zipkin JSON';

/**
 * Reads spans of a file or a body without being told their format: OTLP in JSON, in JSON lines (as the Collector writes
 * files) or in protobuf, the answers of Jaeger v1 and v3 and of Tempo, and Zipkin v2.
 *
 * @throws {TraceFormatError} if it is none of them, with what was expected.
 */
export function readSpans(data: string | Uint8Array): Span[] {
  if (typeof data === 'string') return fromText(data);
  if (data[0] === 0x1f && data[1] === 0x8b) throw new TraceFormatError(`${EXPECTED}; got gzip: unpack it first.`);
  if (!isLikeJson(data)) return fromProtobuf(data);
  try {
    return fromText(decodeUtf8(data));
  } catch (error) {
    // A line feed is also how protobuf begins.
    if (data[0] !== 0x0a) throw error;
    return fromProtobuf(data);
  }
}

// The only field of the message is the first one, so nothing else begins it; any other bytes may be protobuf by chance.
function fromProtobuf(data: Uint8Array): Span[] {
  if (data[0] !== 0x0a) throw new TraceFormatError(`${EXPECTED}; got ${data.length} other bytes.`);
  return decodeOtlpProtobuf(data);
}

// Whether the first character after white space and a byte order mark begins an object or a list.
function isLikeJson(data: Uint8Array): boolean {
  return /^\s*(?:[[{]|$)/.test(decodeUtf8(data.subarray(0, 1024)));
}

function fromText(text: string): Span[] {
  // Of a byte order mark, too.
  const trimmed = text.trim();
  if (trimmed === '') throw new TraceFormatError(`${EXPECTED}; got nothing.`);
  let json: unknown;
  try {
    json = parseJson(trimmed);
  } catch (error) {
    if (!trimmed.includes('\n')) throw error;
    return fromLines(trimmed);
  }
  return fromJson(json);
}

function fromLines(text: string): Span[] {
  const spans: Span[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      const json = parseJson(line);
      // A Collector may write all signals to one file.
      if (!isOtherSignal(json)) for (const span of fromJson(json)) spans.push(span);
    } catch (error) {
      throw new TraceFormatError(`Line ${index + 1}: ${(error as Error).message.replace('[analysis] ', '')}`);
    }
  }
  return spans;
}

function fromJson(json: unknown): Span[] {
  if (isOtlpJson(json)) return decodeOtlpJson(json);
  if (isJaegerJson(json)) return decodeJaegerJson(json);
  if (isZipkinSpan(json)) return decodeZipkinJson([json]);
  if (Array.isArray(json)) {
    if (json.length === 0 || isZipkinSpan(json[0]) || Array.isArray(json[0])) return decodeZipkinJson(json);
    if (isOtlpJson(json[0])) return json.flatMap((item) => decodeOtlpJson(item));
  }
  throw new TraceFormatError(`${EXPECTED}; got ${described(json)}.`);
}

const isOtherSignal = (json: unknown): boolean =>
  isObject(json) && ('resourceLogs' in json || 'resourceMetrics' in json || 'resourceProfiles' in json);

function described(json: unknown): string {
  if (isOtherSignal(json)) return 'another signal of OTLP';
  if (!isObject(json)) return typeNameOf(json);
  if ('resource_spans' in json) return '"resource_spans", not "resourceSpans"';
  return `an object with the keys ${JSON.stringify(Object.keys(json).slice(0, 5)).slice(0, 200)}`;
}
