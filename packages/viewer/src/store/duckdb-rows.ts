import type { DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api';
import type { Attributes, AttributeValue, LogRecord, Resource, Scope, Span } from '@throughline/analysis';
import { adjustedCount } from '@throughline/analysis';
import { SPAN_KINDS, SPAN_STATUSES } from '../api/messages.ts';
import { durationOf } from '../query/matcher.ts';
import { jsonText } from './json-text.ts';

/** Who made a span, as it is kept once for all its spans. */
export type Source = { readonly resource: Resource; readonly scope: Scope | undefined };

const NANOSECONDS_OF_A_CENTURY = 3_155_760_000_000_000_000n;

/** Rows that a chunk of the database holds. */
export const CHUNK_ROWS = 2048;

/** A chunk with the columns of the table of spans, to be filled again and again. */
export function newSpanChunk({
  DuckDBDataChunk,
  BIGINT,
  DOUBLE,
  INTEGER,
  UBIGINT,
  UHUGEINT,
  UTINYINT,
  VARCHAR,
}: typeof import('@duckdb/node-api')): DuckDBDataChunk {
  const ids = [UHUGEINT, UBIGINT, UBIGINT];
  const figures = [UTINYINT, UTINYINT, UBIGINT, UBIGINT, BIGINT, DOUBLE, INTEGER];
  return DuckDBDataChunk.create([BIGINT, INTEGER, ...ids, ...figures, VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR]);
}

/** The values of a span in the order of the columns of its table; its attributes are as {@link jsonOf} writes them. */
export function spanRow(
  span: Span,
  { storedMs, run, source, attributes }: { storedMs: bigint; run: number; source: number; attributes: string },
): DuckDBValue[] {
  return [
    storedMs,
    run,
    BigInt(`0x${span.traceId}`),
    BigInt(`0x${span.spanId}`),
    span.parentSpanId === undefined ? null : BigInt(`0x${span.parentSpanId}`),
    SPAN_KINDS.indexOf(span.kind),
    SPAN_STATUSES.indexOf(span.status),
    span.startUnixNano,
    span.endUnixNano,
    clampedDuration(span),
    adjustedCount(span),
    source,
    span.resource.service,
    span.name,
    span.statusMessage ?? null,
    attributes,
    extraOf(span) ?? null,
  ];
}

/** A log record as text; its trace, time and source have columns of their own. */
export function recordText(log: LogRecord): string {
  const { severity, severityText, eventName, body, spanId } = log;
  return JSON.stringify({ severity, severityText, eventName, body, spanId, attributes: finite(log.attributes) });
}

/** Makes a record of its text and columns. */
export function recordFrom(text: string, traceId: string, timeUnixNano: bigint, source: Source | undefined): LogRecord {
  const record = JSON.parse(text);
  return {
    ...record,
    attributes: plain(record.attributes),
    timeUnixNano,
    traceId,
    resource: source?.resource ?? NO_RESOURCE,
    scope: source?.scope,
  };
}

/** Hexadecimal digits of an id. */
export function hexOf(id: unknown, digits: 16 | 32): string {
  return (id as bigint).toString(16).padStart(digits, '0');
}

/** Attributes as JSON; numbers that JSON does not have become text. */
export function jsonOf(attributes: Attributes): string {
  return jsonText(finite(attributes));
}

/** Attributes of their JSON, with no key that they do not have themselves. */
export function bagFrom(text: string): Attributes {
  return plain(JSON.parse(text));
}

/** What most spans have little or nothing of, as it is kept in one column. */
export type Extra = {
  state?: string;
  flags?: number;
  events?: [name: string, time: string, attributes: Attributes][];
  links?: [traceId: string, spanId: string, attributes: Attributes, state: string | null][];
  dropped?: [attributes: number, events: number, links: number];
};

const NO_RESOURCE: Resource = { service: '', attributes: Object.freeze(Object.create(null)) };

// What most spans have none of shares one column.
function extraOf(span: Span): string | undefined {
  const { traceState, flags, events, links, droppedAttributes, droppedEvents, droppedLinks } = span;
  const extra: Extra = {};
  if (traceState !== undefined) extra.state = traceState;
  if (flags !== undefined) extra.flags = flags;
  if (events.length > 0)
    extra.events = events.map((event) => [event.name, `${event.timeUnixNano}`, finite(event.attributes)]);
  if (links.length > 0)
    extra.links = links.map((link) => [link.traceId, link.spanId, finite(link.attributes), link.traceState ?? null]);
  if (droppedAttributes !== undefined || droppedEvents !== undefined || droppedLinks !== undefined)
    extra.dropped = [droppedAttributes ?? 0, droppedEvents ?? 0, droppedLinks ?? 0];
  for (const _ in extra) return JSON.stringify(extra);
  return undefined;
}

function clampedDuration(span: Span): bigint {
  const duration = durationOf(span);
  return duration > Number(NANOSECONDS_OF_A_CENTURY) ? NANOSECONDS_OF_A_CENTURY : BigInt(duration);
}

function finite(attributes: Attributes): Attributes {
  for (const key in attributes) {
    if (typeof attributes[key] !== 'number' || Number.isFinite(attributes[key])) continue;
    const copy: { [key: string]: AttributeValue } = Object.create(null);
    for (const [own, value] of Object.entries(attributes))
      copy[own] = typeof value === 'number' && !Number.isFinite(value) ? `${value}` : value;
    return copy;
  }
  return attributes;
}

/** The same attributes, with no key that they do not have themselves. */
export function plain(parsed: Attributes): Attributes {
  return Object.setPrototypeOf(parsed, null);
}
