import {
  type Attributes,
  type AttributeValue,
  diag,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from '@opentelemetry/api';
import { isAttributeValue } from '@opentelemetry/core';
import { isBefore, isTimeInput, type SpanTime, timeAfter, timeOfInput, timeOfMillis } from './span-time.ts';

/** How much a span may hold; the rest is dropped and counted. @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits */
export type SpanLimits = {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
  readonly eventCountLimit: number;
  readonly linkCountLimit: number;
  readonly attributePerEventCountLimit: number;
  readonly attributePerLinkCountLimit: number;
};

/** Attributes as they are written: names and values side by side, each name once. */
export type AttributeList = { names: string[]; values: AttributeValue[]; dropped: number };

export type RecordedEvent = { readonly name: string; readonly time: SpanTime; readonly attributes: AttributeList };
export type RecordedLink = { readonly context: SpanContext; readonly attributes: AttributeList };

/** What all spans of a tracer have in common. */
export type SpanOrigin = {
  readonly scope: Scope;
  readonly limits: SpanLimits;
  /** Takes a span when it has ended. */
  readonly onEnd: (span: RecordedSpan) => void;
};

/** Who made a span. */
export type Scope = { readonly name: string; readonly version: string; readonly schemaUrl: string };

/**
 * A span as a plain small object. It behaves as the SDK's does: the same limits, the same rules for statuses, times and
 * bad values, and nothing changes it once it has ended.
 */
export class RecordedSpan implements Span {
  name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext: SpanContext | undefined;
  readonly startTime: SpanTime;
  endTime: SpanTime;
  status: SpanStatus = UNSET;
  readonly attributeList: AttributeList = { names: [], values: [], dropped: 0 };
  events: RecordedEvent[] | undefined;
  droppedEvents = 0;
  links: RecordedLink[] | undefined;
  droppedLinks = 0;
  ended = false;
  readonly #spanContext: SpanContext;
  readonly #origin: SpanOrigin;
  readonly #limits: SpanLimits;
  /** The reading of the monotonic clock at the start; `undefined` if the caller chose the start. */
  readonly #startedAt: number | undefined;

  constructor(
    name: string,
    kind: SpanKind,
    spanContext: SpanContext,
    parent: SpanContext | undefined,
    start: TimeInput | undefined,
    origin: SpanOrigin,
  ) {
    this.name = name;
    this.kind = kind;
    this.parentSpanContext = parent;
    this.#spanContext = spanContext;
    this.#origin = origin;
    this.#limits = origin.limits;
    this.#startedAt = start === undefined ? performance.now() : undefined;
    this.startTime = start === undefined ? timeOfMillis(Date.now()) : timeOfInput(start);
    this.endTime = this.startTime;
  }

  spanContext(): SpanContext {
    return this.#spanContext;
  }

  get scope(): Scope {
    return this.#origin.scope;
  }

  isRecording(): boolean {
    return !this.ended;
  }

  /** The attributes as an object, for those who look at a running span. */
  get attributes(): Attributes {
    const { names, values } = this.attributeList;
    return Object.fromEntries(names.map((name, index) => [name, values[index]]));
  }

  /** The value of an attribute. */
  attribute(name: string): AttributeValue | undefined {
    const { names, values } = this.attributeList;
    const index = names.indexOf(name);
    return index < 0 ? undefined : values[index];
  }

  setAttribute(name: string, value: AttributeValue): this {
    if (this.#isOver()) return this;
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    setAttribute(this.attributeList, name, value, attributeCountLimit, attributeValueLengthLimit);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.#isOver()) return this;
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    const list = this.attributeList;
    // Names of an object differ from each other.
    const areNew = list.names.length === 0;
    for (const name in attributes) {
      if (Object.hasOwn(attributes, name)) {
        setAttribute(list, name, attributes[name], attributeCountLimit, attributeValueLengthLimit, areNew);
      }
    }
    return this;
  }

  addEvent(name: string, second?: Attributes | TimeInput, third?: TimeInput): this {
    if (this.#isOver()) return this;
    const secondIsTime = isTimeInput(second);
    const time = isTimeInput(third) ? third : secondIsTime ? second : undefined;
    const attributes = this.#listOf(secondIsTime ? undefined : second, this.#limits.attributePerEventCountLimit);
    this.events ??= [];
    this.droppedEvents += keepLast(
      this.events,
      { name, time: this.#timeOf(time), attributes },
      this.#limits.eventCountLimit,
    );
    return this;
  }

  addLink(link: Link): this {
    if (this.#isOver()) return this;
    const attributes = this.#listOf(link.attributes, this.#limits.attributePerLinkCountLimit);
    this.links ??= [];
    this.droppedLinks += keepLast(this.links, { context: link.context, attributes }, this.#limits.linkCountLimit);
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    // OK is final, and UNSET is what it was before: https://opentelemetry.io/docs/specs/otel/trace/api/#set-status
    if (this.#isOver() || status.code === SpanStatusCode.UNSET || this.status.code === SpanStatusCode.OK) return this;
    const hasMessage = status.code === SpanStatusCode.ERROR && typeof status.message === 'string';
    this.status = hasMessage ? { code: status.code, message: status.message as string } : { code: status.code };
    return this;
  }

  updateName(name: string): this {
    if (!this.#isOver()) this.name = name;
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const { code, name, message, stack } = typeof exception === 'string' ? { message: exception } : (exception ?? {});
    const type = code ? String(code) : name;
    if (!type && !message) {
      diag.warn('[sdk] An exception without a type and a message was not recorded.');
      return;
    }
    const attributes: Attributes = {};
    if (type) attributes['exception.type'] = type;
    if (message) attributes['exception.message'] = message;
    if (stack) attributes['exception.stacktrace'] = stack;
    this.addEvent('exception', attributes, time);
  }

  end(time?: TimeInput): void {
    if (this.#isOver()) return;
    const end = this.#timeOf(time);
    this.endTime = isBefore(end, this.startTime) ? this.startTime : end;
    this.ended = true;
    this.#origin.onEnd(this);
  }

  #timeOf(input: TimeInput | undefined): SpanTime {
    if (input !== undefined) return timeOfInput(input);
    // Where the caller chose the start, our monotonic clock has no relation to it.
    if (this.#startedAt === undefined) return timeOfMillis(Date.now());
    return timeAfter(this.startTime, performance.now() - this.#startedAt);
  }

  #listOf(attributes: Attributes | undefined, limit: number): AttributeList {
    const list: AttributeList = { names: [], values: [], dropped: 0 };
    for (const name in attributes) {
      if (Object.hasOwn(attributes, name)) {
        setAttribute(list, name, attributes[name], limit, this.#limits.attributeValueLengthLimit);
      }
    }
    return list;
  }

  #isOver(): boolean {
    if (this.ended) diag.warn(`[sdk] The span \`${this.name}\` has ended and is not changed any more.`);
    return this.ended;
  }
}

const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };

function setAttribute(
  list: AttributeList,
  name: string,
  value: AttributeValue | null | undefined,
  countLimit: number,
  lengthLimit: number,
  isNew = false,
): void {
  if (value === null || value === undefined) return;
  if (name.length === 0 || (typeof value === 'object' && !isAttributeValue(value)) || typeof value === 'function') {
    diag.warn(`[sdk] The attribute \`${name}\` has no valid name and value and was not set.`);
    return;
  }
  const kept = truncated(value, lengthLimit);
  const index = isNew ? -1 : list.names.indexOf(name);
  if (index >= 0) list.values[index] = kept;
  else if (list.names.length >= countLimit) list.dropped += 1;
  else {
    list.names.push(name);
    list.values.push(kept);
  }
}

function truncated(value: AttributeValue, limit: number): AttributeValue {
  if (typeof value === 'string') return value.length > limit ? value.slice(0, limit) : value;
  if (!Array.isArray(value)) return value;
  return value.map((item) => (typeof item === 'string' ? item.slice(0, limit) : item)) as AttributeValue;
}

/** Appends within a limit, at the cost of the oldest; returns how many were dropped. */
function keepLast<Item>(list: Item[], item: Item, limit: number): number {
  if (limit === 0) return 1;
  list.push(item);
  if (list.length <= limit) return 0;
  list.shift();
  return 1;
}
