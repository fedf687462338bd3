import type { Attributes, HrTime, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';
import { TraceId } from '../trace-id.ts';
import { isSampled } from './kept-context.ts';

/** What every span tells that can be held: the SDKs' own, of either line, and those of `startTracing`. */
export type HeldSpan = {
  readonly name: string;
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  readonly parentSpanContext?: SpanContext | undefined;
  spanContext(): SpanContext;
};

/** What the attributes of a span tell of how it went. */
export type Outcome = { readonly statusCode: unknown; readonly errorType: unknown };

/** How to read, mark and weigh spans of one kind after their end. */
export type SpanAccess<Span extends HeldSpan> = {
  /** The value of an attribute. */
  attribute(span: Span, name: string): unknown;
  /** The attributes `http.response.status_code` and `error.type`, which are asked of every span. */
  outcome(span: Span): Outcome;
  /** Sets an attribute of a span that has ended. */
  mark(span: Span, name: string, value: string | number): void;
  durationMs(span: Span): number;
  /** About how much memory it takes. */
  bytes(span: Span): number;
  /** The id of its trace; spans of one trace should share it. */
  traceId(span: Span): TraceId;
  isSampled(span: Span): boolean;
};

/** A span of OpenTelemetry's SDKs. */
export type ReadableSpan = HeldSpan & {
  readonly attributes: Attributes;
  readonly duration: HrTime;
  readonly events: readonly { readonly attributes?: Attributes }[];
  readonly links: readonly object[];
};

const SPAN_BYTES = 700;
const PART_BYTES = 160;
const VALUE_BYTES = 32;

// The spans of a request come in runs.
let lastId = new TraceId('');

/** Access to spans of OpenTelemetry's SDKs. */
export const readableSpanAccess: SpanAccess<ReadableSpan> = {
  attribute: (span, name) => span.attributes[name],
  outcome: ({ attributes }) => ({
    statusCode: attributes['http.response.status_code'],
    errorType: attributes['error.type'],
  }),
  mark(span, name, value) {
    span.attributes[name] = value;
  },
  durationMs: ({ duration: [seconds, nanoseconds] }) => seconds * 1000 + nanoseconds / 1e6,
  traceId(span) {
    const { traceId } = span.spanContext();
    if (traceId !== lastId.text) lastId = new TraceId(traceId);
    return lastId;
  },
  isSampled: (span) => isSampled(span.spanContext()),
  bytes({ attributes, events, links }) {
    let bytes = SPAN_BYTES + links.length * PART_BYTES + attributeBytes(attributes);
    for (const event of events) bytes += PART_BYTES + attributeBytes(event.attributes);
    return bytes;
  },
};

/** Whether a span is the first of its trace in this process: it has no parent, or one in another process. */
export function isLocalRoot({ parentSpanContext }: HeldSpan): boolean {
  return parentSpanContext === undefined || parentSpanContext.isRemote === true;
}

/** About how much memory the value of an attribute takes. */
export function valueBytes(value: unknown): number {
  if (typeof value === 'string') return VALUE_BYTES + value.length;
  if (!Array.isArray(value)) return VALUE_BYTES;
  let bytes = VALUE_BYTES;
  for (const item of value) bytes += valueBytes(item);
  return bytes;
}

function attributeBytes(attributes: Attributes | undefined): number {
  let bytes = 0;
  for (const name in attributes) bytes += VALUE_BYTES + valueBytes(attributes[name]);
  return bytes;
}
