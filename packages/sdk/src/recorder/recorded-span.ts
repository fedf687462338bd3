import { performance } from 'node:perf_hooks';
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
  type TraceState,
} from '@opentelemetry/api';
import { hexText } from '@throughline/core/hex-text';
import { randomWord } from '@throughline/core/random-ids';
import { hexWord, type TraceId } from '@throughline/sampling';
import { AttributeList } from './attribute-list.ts';
import { keepLast, type RecordedEvent, type RecordedLink } from './span-parts.ts';
import { isTimeInput, type SpanTime, timeAfter, timeOfInput, timeOfMillis } from './span-time.ts';
import { createSpanContext } from './unrecorded-span.ts';

/** How much a span may hold; the rest is dropped and counted. @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits */
export type SpanLimits = {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
  readonly eventCountLimit: number;
  readonly linkCountLimit: number;
  readonly attributePerEventCountLimit: number;
  readonly attributePerLinkCountLimit: number;
};

/** What all spans of a tracer have in common. */
export type SpanOrigin = {
  readonly scope: Scope;
  readonly limits: SpanLimits;
  /** Takes a span when it has ended, and reads it at once: it holds nothing afterwards. */
  readonly onEnd: (span: RecordedSpan) => void;
  /** For how many names and values spans make room at first, by their kind: about what the last ones needed. */
  readonly room: Uint8Array;
};

/** Who made a span. */
export type Scope = { readonly name: string; readonly version: string; readonly schemaUrl: string };

/** The most for which is made room in advance. */
const MAX_ROOM = 64;

const MAX_ON_ONE_CLOCK_MS = 60_000;

/**
 * A span as a small object, to be written once, at its end. It behaves as the SDK's does: the same limits, the same rules
 * for statuses, times and bad values, and nothing changes it once it has ended.
 */
export class RecordedSpan implements Span {
  name: string;
  readonly kind: SpanKind;
  readonly trace: TraceId;
  /** The span id, in two words. */
  readonly idHigh: number;
  readonly idLow: number;
  readonly parentSpanContext: SpanContext | undefined;
  /** The span id of the parent; zeros without one. */
  readonly parentHigh: number;
  readonly parentLow: number;
  /** Milliseconds since the epoch, and nanoseconds beyond: exact in two numbers. */
  readonly startMillis: number;
  readonly startNanos: number;
  endMillis = 0;
  endNanos = 0;
  status: SpanStatus = UNSET;
  attributeList: AttributeList;
  events: RecordedEvent[] | undefined;
  droppedEvents = 0;
  links: RecordedLink[] | undefined;
  droppedLinks = 0;
  ended = false;
  readonly #traceFlags: number;
  readonly #traceState: TraceState | undefined;
  /** The ids as others see them, made when somebody asks. From then on its flags and state count: a hold changes them. */
  #spanContext: SpanContext | undefined;
  readonly #origin: SpanOrigin;
  /** The reading of the monotonic clock at the start; `NaN` if the caller chose the start. */
  readonly #startedAt: number;

  constructor(
    name: string,
    kind: SpanKind,
    traceId: TraceId,
    traceFlags: number,
    traceState: TraceState | undefined,
    parent: SpanContext | undefined,
    parentSpan: RecordedSpan | undefined,
    start: TimeInput | undefined,
    items: unknown[] | undefined,
    origin: SpanOrigin,
  ) {
    this.name = name;
    this.kind = kind;
    this.trace = traceId;
    this.idHigh = randomWord();
    this.idLow = randomWord() || 1; // all zeros would be no id
    this.parentSpanContext = parent;
    this.parentHigh = parentSpan?.idHigh ?? (parent === undefined ? 0 : hexWord(parent.spanId, 0));
    this.parentLow = parentSpan?.idLow ?? (parent === undefined ? 0 : hexWord(parent.spanId, 8));
    this.#startedAt = start === undefined ? performance.now() : Number.NaN;
    const { millis, nanos } = start === undefined ? this.#startBy(parentSpan) : timeOfInput(start);
    this.startMillis = millis;
    this.startNanos = nanos;
    this.attributeList = new AttributeList(items ?? new Array(origin.room[kind] ?? 0));
    if (items !== undefined) {
      this.attributeList.fill(origin.limits.attributeCountLimit, origin.limits.attributeValueLengthLimit);
    }
    this.#traceFlags = traceFlags;
    this.#traceState = traceState;
    this.#origin = origin;
  }

  spanContext(): SpanContext {
    this.#spanContext ??= createSpanContext(
      this.trace.text,
      hexText(this.idHigh, this.idLow),
      this.#traceFlags,
      this.#traceState,
    );
    return this.#spanContext;
  }

  get traceFlags(): number {
    return this.#spanContext === undefined ? this.#traceFlags : this.#spanContext.traceFlags;
  }

  get traceState(): TraceState | undefined {
    return this.#spanContext === undefined ? this.#traceState : this.#spanContext.traceState;
  }

  get scope(): Scope {
    return this.#origin.scope;
  }

  isRecording(): boolean {
    return !this.ended;
  }

  /** The attributes as an object, for those who look at a running span. */
  get attributes(): Attributes {
    const { items, length } = this.attributeList;
    const attributes: [string, AttributeValue][] = [];
    for (let at = 0; at < length; at += 2) attributes.push([items[at] as string, items[at + 1] as AttributeValue]);
    return Object.fromEntries(attributes);
  }

  /** The value of an attribute. */
  attribute(name: string): AttributeValue | undefined {
    return this.attributeList.get(name);
  }

  setAttribute(name: string, value: AttributeValue): this {
    if (this.#isOver()) return this;
    const { attributeCountLimit, attributeValueLengthLimit } = this.#origin.limits;
    this.attributeList.set(name, value, attributeCountLimit, attributeValueLengthLimit);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.#isOver()) return this;
    const { attributeCountLimit, attributeValueLengthLimit } = this.#origin.limits;
    const list = this.attributeList;
    // Names of an object differ from each other.
    const areNew = list.length === 0;
    for (const name in attributes) {
      // The compiler knows what this comes to, and reads the value by its place; of `Object.hasOwn` it does not.
      if (isOwn.call(attributes, name)) {
        list.set(name, attributes[name], attributeCountLimit, attributeValueLengthLimit, areNew);
      }
    }
    return this;
  }

  addEvent(name: string, second?: Attributes | TimeInput, third?: TimeInput): this {
    if (this.#isOver()) return this;
    const secondIsTime = isTimeInput(second);
    const time = isTimeInput(third) ? third : secondIsTime ? second : undefined;
    const attributes = this.#listOf(secondIsTime ? undefined : second, this.#origin.limits.attributePerEventCountLimit);
    this.events ??= [];
    this.droppedEvents += keepLast(
      this.events,
      { name, time: this.#timeOf(time), attributes },
      this.#origin.limits.eventCountLimit,
    );
    return this;
  }

  addLink(link: Link): this {
    if (this.#isOver()) return this;
    const attributes = this.#listOf(link.attributes, this.#origin.limits.attributePerLinkCountLimit);
    this.links ??= [];
    this.droppedLinks += keepLast(
      this.links,
      { context: link.context, attributes },
      this.#origin.limits.linkCountLimit,
    );
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
    const { millis, nanos } = this.#timeOf(time);
    const isBefore = millis < this.startMillis || (millis === this.startMillis && nanos < this.startNanos);
    this.endMillis = isBefore ? this.startMillis : millis;
    this.endNanos = isBefore ? this.startNanos : nanos;
    this.ended = true;
    const { onEnd, room } = this.#origin;
    room[this.kind] = Math.min(MAX_ROOM, Math.max(this.attributeList.length, (room[this.kind] ?? 0) - 1));
    onEnd(this);
    // Whatever was made in its context keeps the span for as long as it lives, on Node 20 each promise.
    this.attributeList = NONE;
    this.events = undefined;
    this.links = undefined;
  }

  // A child goes by the clock of its parent: exact between the two, where the system's tells whole milliseconds, so that none
  // sticks out of a parent that ends after it. After a while, the two clocks may have drifted apart.
  #startBy(parent: RecordedSpan | undefined): SpanTime {
    if (parent !== undefined) {
      const milliseconds = this.#startedAt - parent.#startedAt;
      if (milliseconds < MAX_ON_ONE_CLOCK_MS) return timeAfter(parent.startMillis, parent.startNanos, milliseconds);
    }
    return { millis: Date.now(), nanos: 0 };
  }

  #timeOf(input: TimeInput | undefined): SpanTime {
    if (input !== undefined) return timeOfInput(input);
    // Where the caller chose the start, our monotonic clock has no relation to it.
    const startedAt = this.#startedAt;
    if (Number.isNaN(startedAt)) return timeOfMillis(Date.now());
    return timeAfter(this.startMillis, this.startNanos, performance.now() - startedAt);
  }

  #listOf(attributes: Attributes | undefined, limit: number): AttributeList {
    const list = new AttributeList([]);
    const { attributeValueLengthLimit } = this.#origin.limits;
    for (const name in attributes) {
      if (Object.hasOwn(attributes, name)) list.set(name, attributes[name], limit, attributeValueLengthLimit);
    }
    return list;
  }

  #isOver(): boolean {
    if (this.ended) diag.warn(`[sdk] The span \`${this.name}\` has ended and is not changed any more.`);
    return this.ended;
  }
}

const isOwn = Object.prototype.hasOwnProperty;
const NONE = new AttributeList([]);
const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };
