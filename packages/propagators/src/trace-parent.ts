import type { SpanContext } from '@opentelemetry/api';
import { trimSlice } from './headers.ts';
import { RANDOM_FLAG } from './remote-trace.ts';
import { isHex, isId } from './span-ids.ts';

/** Ids and flags of a `traceparent` header. */
export type TraceParent = Pick<SpanContext, 'traceId' | 'spanId' | 'traceFlags'>;

// version "-" trace-id "-" parent-id "-" trace-flags
const LENGTH = 55;
const TRACE_ID_AT = 3;
const SPAN_ID_AT = 36;
const FLAGS_AT = 53;
const DASH = 45;

/** The flags that Level 2 defines: sampled and random. Unknown ones must not be passed on. */
const KNOWN_FLAGS = 0x01 | RANDOM_FLAG;

/**
 * Parses a `traceparent` header; `undefined` if it is not valid. A header of a later version counts as far as version
 * 00 goes. Looks at 56 characters whatever the length.
 *
 * @see https://www.w3.org/TR/trace-context-2/#traceparent-header
 */
export function parseTraceParent(header: string): TraceParent | undefined {
  const text = trimSlice(header, 0, header.length);
  if (text.length < LENGTH || !isHex(text, 0, 2) || text.startsWith('ff')) return undefined;
  if (text.length > LENGTH && (text.startsWith('00') || !isDash(text, LENGTH))) return undefined;
  if (!isDash(text, TRACE_ID_AT - 1) || !isDash(text, SPAN_ID_AT - 1) || !isDash(text, FLAGS_AT - 1)) return undefined;
  if (!isId(text, TRACE_ID_AT, 32) || !isId(text, SPAN_ID_AT, 16) || !isHex(text, FLAGS_AT, 2)) return undefined;
  return {
    traceId: text.slice(TRACE_ID_AT, TRACE_ID_AT + 32),
    spanId: text.slice(SPAN_ID_AT, SPAN_ID_AT + 16),
    traceFlags: Number.parseInt(text.slice(FLAGS_AT, FLAGS_AT + 2), 16) & KNOWN_FLAGS,
  };
}

/** The `traceparent` header for these ids, in version 00. */
export function formatTraceParent({ traceId, spanId }: SpanContext, traceFlags: number): string {
  return `00-${traceId}-${spanId}-0${traceFlags & KNOWN_FLAGS}`;
}

function isDash(text: string, at: number): boolean {
  return text.charCodeAt(at) === DASH;
}
