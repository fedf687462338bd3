import { TraceFlags } from '@opentelemetry/api';
import { type SpanAccess, valueBytes } from '@throughline/sampling';
import type { AttributeList } from './attribute-list.ts';
import type { RecordedSpan } from './recorded-span.ts';

const SPAN_BYTES = 600;
const PART_BYTES = 160;

/** How a hold reads, marks and weighs recorded spans. */
export const recordedSpanAccess: SpanAccess<RecordedSpan> = {
  attribute: (span, name) => span.attribute(name),
  outcome({ attributeList: { items, length } }) {
    let statusCode: unknown;
    let errorType: unknown;
    for (let at = 0; at < length; at += 2) {
      const name = items[at];
      if (name === 'http.response.status_code') statusCode = items[at + 1];
      else if (name === 'error.type') errorType = items[at + 1];
    }
    return { statusCode, errorType };
  },
  mark: (span, name, value) => span.attributeList.replace(name, value),
  durationMs: (span) => span.endMillis - span.startMillis + (span.endNanos - span.startNanos) / 1e6,
  traceId: (span) => span.trace,
  isSampled: (span) => (span.traceFlags & TraceFlags.SAMPLED) !== 0,
  bytes({ attributeList, events, links }) {
    let bytes = SPAN_BYTES + listBytes(attributeList);
    for (const event of events ?? []) bytes += PART_BYTES + listBytes(event.attributes);
    for (const link of links ?? []) bytes += PART_BYTES + listBytes(link.attributes);
    return bytes;
  },
};

// Names are the same strings in all spans.
function listBytes({ items, length }: AttributeList): number {
  let bytes = 0;
  for (let at = 1; at < length; at += 2) bytes += valueBytes(items[at]);
  return bytes;
}
