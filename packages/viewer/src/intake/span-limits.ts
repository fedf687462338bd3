import type { Attributes, AttributeValue, LogRecord, Span } from '@throughline/analysis';

/** More than any convention needs; SDKs stop at 128 attributes, events and links. */
const MAX_ATTRIBUTES = 1024;
const MAX_ITEMS = 1024;
const MAX_TEXT = 65_536;

/** The same span or record, or a copy without what is beyond the limits; what was left out is counted on spans. */
export function withinLimits<T extends Span | LogRecord>(item: T): T {
  if ('spanId' in item && 'events' in item) return spanWithinLimits(item) as T;
  const attributes = limited(item.attributes);
  const record = item as LogRecord;
  const body = typeof record.body === 'string' ? record.body.slice(0, MAX_TEXT) : record.body;
  return attributes === undefined && body === record.body
    ? item
    : { ...item, attributes: attributes ?? item.attributes, body };
}

function spanWithinLimits(span: Span): Span {
  const attributes = limited(span.attributes);
  const isLong = span.name.length > MAX_TEXT || (span.statusMessage?.length ?? 0) > MAX_TEXT;
  const isMuch = span.events.length > MAX_ITEMS || span.links.length > MAX_ITEMS;
  if (attributes === undefined && !isLong && !isMuch) return span;
  const left = Object.keys(span.attributes).length - Object.keys(attributes ?? span.attributes).length;
  return {
    ...span,
    name: span.name.slice(0, MAX_TEXT),
    statusMessage: span.statusMessage?.slice(0, MAX_TEXT),
    attributes: attributes ?? span.attributes,
    events: span.events.slice(0, MAX_ITEMS),
    links: span.links.slice(0, MAX_ITEMS),
    droppedAttributes: added(span.droppedAttributes, left),
    droppedEvents: added(span.droppedEvents, span.events.length - MAX_ITEMS),
    droppedLinks: added(span.droppedLinks, span.links.length - MAX_ITEMS),
  };
}

// Nothing, where all is within the limits.
function limited(attributes: Attributes): Attributes | undefined {
  let count = 0;
  let isBeyond = false;
  for (const key in attributes) {
    count += 1;
    const value = attributes[key];
    if (key.length > MAX_TEXT || (typeof value === 'string' && value.length > MAX_TEXT)) isBeyond = true;
  }
  if (!isBeyond && count <= MAX_ATTRIBUTES) return undefined;
  const kept: { [key: string]: AttributeValue } = Object.create(null);
  for (const key of Object.keys(attributes).slice(0, MAX_ATTRIBUTES)) {
    const value = attributes[key] ?? null;
    if (key.length <= MAX_TEXT) kept[key] = typeof value === 'string' ? value.slice(0, MAX_TEXT) : value;
  }
  return kept;
}

function added(before: number | undefined, more: number): number | undefined {
  return more > 0 ? (before ?? 0) + more : before;
}
