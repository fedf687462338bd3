import {
  type Attributes,
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  type TraceState,
  trace,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { randomTraceId } from '@throughline/core/random-ids';
import { TraceId } from '@throughline/sampling';
import { RecordedSpan, type Scope, type SpanLimits, type SpanOrigin } from './recorded-span.ts';
import { UnrecordedSpan } from './unrecorded-span.ts';

/** An OpenTelemetry sampler, of either SDK line: `decision` is 0 to drop, 1 to record, 2 to record and sample. */
type Sampler = {
  shouldSample(
    parent: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): { decision: number; attributes?: Readonly<Attributes>; traceState?: TraceState };
};

export type RecorderOptions = {
  readonly sampler: Sampler;
  readonly limits: SpanLimits;
  /** Sees every recorded span when it has started. It must not throw. */
  readonly onStart?: (span: RecordedSpan) => void;
  /** Takes every recorded span at its end, also those that are not sampled. It must not throw. */
  readonly onEnd: (span: RecordedSpan) => void;
};

const KINDS = 5;
const NO_ATTRIBUTES: Attributes = Object.freeze({});
const NO_LINKS: Link[] = [];
Object.freeze(NO_LINKS);
const DROP = 0;
const RECORD_AND_SAMPLE = 2;
/** Level 2 of Trace Context: the trace id is random. https://www.w3.org/TR/trace-context-2/#random-trace-id-flag */
const RANDOM = 0x02;

/** A tracer provider whose spans are plain objects that are handed over once, when they end. */
export class RecorderProvider implements TracerProvider {
  readonly #options: RecorderOptions;
  readonly #tracers = new Map<string, Tracer>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  getTracer(name: string, version = '', { schemaUrl = '' }: { schemaUrl?: string } = {}): Tracer {
    const key = `${name}@${version}:${schemaUrl}`;
    const tracer = this.#tracers.get(key) ?? new RecorderTracer({ name, version, schemaUrl }, this.#options);
    this.#tracers.set(key, tracer);
    return tracer;
  }
}

class RecorderTracer implements Tracer {
  readonly #options: RecorderOptions;
  readonly #origin: SpanOrigin;

  constructor(scope: Scope, options: RecorderOptions) {
    this.#options = options;
    this.#origin = { scope, limits: options.limits, onEnd: options.onEnd, room: new Uint8Array(KINDS) };
  }

  startSpan(name: string, options?: SpanOptions, parentContext: Context = context.active()): Span {
    if (isTracingSuppressed(parentContext)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    const from = options?.root === true ? trace.deleteSpan(parentContext) : parentContext;
    const parentSpan = trace.getSpan(from);
    const parent = validContext(parentSpan);
    const kind = options?.kind ?? SpanKind.INTERNAL;
    const attributes = options?.attributes;
    const links = options?.links;
    const traceId = parent?.traceId ?? randomTraceId();
    const { sampler } = this.#options;
    const sampled = sampler.shouldSample(from, traceId, name, kind, attributes ?? NO_ATTRIBUTES, links ?? NO_LINKS);
    const traceFlags = flags(sampled.decision, parent);
    const traceState = sampled.traceState ?? parent?.traceState;
    if (sampled.decision === DROP) return new UnrecordedSpan(traceId, traceFlags, traceState);
    const local = parentSpan instanceof RecordedSpan ? parentSpan : undefined;
    const id = local?.trace ?? new TraceId(traceId);
    const { startTime } = options ?? {};
    const span = new RecordedSpan(name, kind, id, traceFlags, traceState, parent, local, startTime, this.#origin);
    if (links !== undefined) span.addLinks(links);
    if (attributes !== undefined) span.setAttributes(attributes);
    if (sampled.attributes !== undefined) span.setAttributes(sampled.attributes);
    this.#options.onStart?.(span);
    return span;
  }

  startActiveSpan<Run extends (span: Span) => unknown>(name: string, run: Run): ReturnType<Run>;
  startActiveSpan<Run extends (span: Span) => unknown>(name: string, options: SpanOptions, run: Run): ReturnType<Run>;
  startActiveSpan<Run extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    parent: Context,
    run: Run,
  ): ReturnType<Run>;
  startActiveSpan<Run extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<Run> {
    const run = rest.at(-1) as (span: Span) => ReturnType<Run>;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {};
    const parent = rest.length > 2 ? (rest[1] as Context) : context.active();
    const span = this.startSpan(name, options, parent);
    return context.with(trace.setSpan(parent, span), run, undefined, span);
  }
}

/** The ids of a parent, if they are valid; ours always are. */
function validContext(parent: Span | undefined): SpanContext | undefined {
  const spanContext = parent?.spanContext();
  if (parent instanceof RecordedSpan || parent instanceof UnrecordedSpan) return spanContext;
  return spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined;
}

// Our own trace ids are random; a child keeps what its parent says.
function flags(decision: number, parent: SpanContext | undefined): number {
  const random = parent === undefined ? RANDOM : parent.traceFlags & RANDOM;
  return decision === RECORD_AND_SAMPLE ? TraceFlags.SAMPLED | random : random;
}
