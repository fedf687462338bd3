import {
  decodeOtlpJson,
  decodeOtlpLogsJson,
  decodeOtlpLogsProtobuf,
  decodeOtlpProtobuf,
  decodeZipkinJson,
  type LogRecord,
  type Span,
  TraceFormatError,
} from '@throughline/analysis';
import { wordAt } from '../api/hex-words.ts';
import type { Batch } from '../store/trace-store.ts';
import { withinLimits } from './span-limits.ts';

/** A body and what it is. */
export type Delivery = {
  readonly signal: 'traces' | 'logs';
  readonly format: 'protobuf' | 'json' | 'zipkin';
  /** Unpacked. */
  readonly body: Uint8Array;
};

/** What a body held, without what cannot be kept. */
export type Decoded = Batch & { readonly rejected: number; readonly reason: string };

/** A body that is not what it was sent as. The message holds nothing of it. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}

/**
 * A request without telemetry, which is to be answered like any other.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#full-success-1
 */
const EMPTY = /^\s*\{\s*\}\s*$/;

/** A text deeper than this is no telemetry; engines differ in what they can read. */
const MAX_JSON_DEPTH = 256;

/**
 * Reads what was delivered. Spans and records that cannot be found again, as they have no valid ids, are left out and
 * counted.
 *
 * @throws {DeliveryError} if the body is not of its format; then nothing of it counts.
 */
export function decodeDelivery(delivery: Delivery): Decoded {
  try {
    return delivery.signal === 'logs' ? decodeLogs(delivery) : decodeSpans(delivery);
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    if (!(error instanceof TraceFormatError)) throw new DeliveryError('Expected a body that can be read.');
    // The engine's own message about JSON quotes it.
    const message = error.message.replace(/^\[analysis\] /, '').replace(/^Expected JSON:.*/s, 'Expected JSON.');
    throw new DeliveryError(message);
  }
}

function decodeSpans({ format, body }: Delivery): Decoded {
  const all = format === 'protobuf' ? decodeOtlpProtobuf(body) : spansOfJson(format, textOf(body));
  const spans: Span[] = [];
  for (const span of all) if (hasIds(span)) spans.push(withinLimits(span));
  const rejected = all.length - spans.length;
  return { spans, logs: [], bytes: body.length, rejected, reason: 'Spans without a valid trace id and span id.' };
}

function spansOfJson(format: Delivery['format'], text: string): Span[] {
  if (format === 'zipkin') return decodeZipkinJson(text);
  return EMPTY.test(text) ? [] : decodeOtlpJson(text);
}

function hasIds({ traceId, spanId }: Span): boolean {
  return isId(traceId, 32) && isId(spanId, 16);
}

// Hexadecimal, and not all zeros.
function isId(id: string, digits: number): boolean {
  if (id.length !== digits) return false;
  let sum = 0;
  for (let at = 0; at < digits; at += 8) sum += wordAt(id, at);
  return sum > 0;
}

function decodeLogs({ format, body }: Delivery): Decoded {
  const logs = format === 'protobuf' ? decodeOtlpLogsProtobuf(body) : logsOfJson(textOf(body));
  return { spans: [], logs: logs.map(withinLimits), bytes: body.length, rejected: 0, reason: '' };
}

function logsOfJson(text: string): LogRecord[] {
  return EMPTY.test(text) ? [] : decodeOtlpLogsJson(text);
}

function textOf(body: Uint8Array): string {
  const text = new TextDecoder().decode(body);
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) throw new DeliveryError(`Expected JSON of at most ${MAX_JSON_DEPTH} levels.`);
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return text;
}
