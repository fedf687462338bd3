import type { Attributes, AttributeValue, LogRecord, Resource, Scope, Span } from '@throughline/analysis';
import { jsonText } from './json-text.ts';

/** Who made a span, as it is kept once for all its spans. */
export type Source = { readonly resource: Resource; readonly scope: Scope | undefined };

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

const LATELY = 32;

/** The same as {@link jsonOf}, made once of attributes that several of the spans share that come one after the other. */
export class AttributeTexts {
  readonly #attributes: Attributes[] = [];
  readonly #texts: string[] = [];
  #oldest = 0;

  of(attributes: Attributes): string {
    const place = this.#attributes.indexOf(attributes);
    if (place !== -1) return this.#texts[place] as string;
    const text = jsonOf(attributes);
    this.#attributes[this.#oldest] = attributes;
    this.#texts[this.#oldest] = text;
    this.#oldest = (this.#oldest + 1) % LATELY;
    return text;
  }
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

/** What most spans have none of, which shares one column. */
export function extraOf(span: Span): string | undefined {
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
