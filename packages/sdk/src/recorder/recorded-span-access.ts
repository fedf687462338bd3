import { type SpanAccess, valueBytes } from '@throughline/sampling';
import type { AttributeList, RecordedSpan } from './recorded-span.ts';

const SPAN_BYTES = 600;
const PART_BYTES = 160;

/** How a hold reads, marks and weighs recorded spans. */
export const recordedSpanAccess: SpanAccess<RecordedSpan> = {
  attribute: (span, name) => span.attribute(name),
  mark({ attributeList: { names, values } }, name, value) {
    const index = names.indexOf(name);
    names[index < 0 ? names.length : index] = name;
    values[index < 0 ? values.length : index] = value;
  },
  durationMs: ({ startTime, endTime }) => endTime.millis - startTime.millis + (endTime.nanos - startTime.nanos) / 1e6,
  bytes({ attributeList, events, links }) {
    let bytes = SPAN_BYTES + listBytes(attributeList);
    for (const event of events ?? []) bytes += PART_BYTES + listBytes(event.attributes);
    for (const link of links ?? []) bytes += PART_BYTES + listBytes(link.attributes);
    return bytes;
  },
};

// Names are the same strings in all spans.
function listBytes({ values }: AttributeList): number {
  let bytes = 0;
  for (const value of values) bytes += valueBytes(value);
  return bytes;
}
