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
import { isSuppressed } from '@throughline/core';
import { TraceId } from '@throughline/sampling';
import { RecordedSpan, type Scope, type SpanLimits, type SpanOrigin } from './recorded-span.ts';
import { randomTraceId } from './span-ids.ts';
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
  ): Sampled;
  /** Ours ask for the attributes of a root where a rule does, and for those of no other span. */
  shouldSampleRoot?(context: Context, traceId: TraceId, name: string, kind: SpanKind, start: SpanOptions): Sampled;
  /** And go by what a parent says. Who has one of the two and not the other is asked the long way. */
  shouldSampleChild?(traceId: TraceId, parentFlags: number, parentState: TraceState | undefined): Sampled;
};

/** What a child goes by. Our own spans say it without making texts of their ids. */
type Parent = { readonly traceFlags: number; readonly traceState?: TraceState | undefined };

type Sampled = { decision: number; attributes?: Readonly<Attributes>; traceState?: TraceState };

/** What core starts spans with has the attributes as a list, of names that differ from each other, for the span to keep. */
type Start = SpanOptions & { takeItems?(): unknown[] | undefined };

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
const NO_OPTIONS: SpanOptions = Object.freeze({});
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

  startSpan(name: string, options?: Start, parentContext: Context = context.active()): Span {
    if (isSuppressed(parentContext)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    const from = options?.root === true ? trace.deleteSpan(parentContext) : parentContext;
    const parentSpan = trace.getSpan(from);
    const own = isOwn(parentSpan) ? parentSpan : undefined;
    const others = own === undefined ? validContext(parentSpan) : undefined;
    const parent: Parent | undefined = own ?? others;
    const kind = options?.kind ?? SpanKind.INTERNAL;
    const id = own?.trace ?? (others === undefined ? randomTraceId() : new TraceId(others.traceId));
    const sampled = this.#sample(from, parent, id, name, kind, options);
    const traceFlags = flags(sampled.decision, parent);
    const traceState = sampled.traceState ?? parent?.traceState;
    if (sampled.decision === DROP) return new UnrecordedSpan(id, traceFlags, traceState);
    const { startTime, links } = options ?? NO_OPTIONS;
    const items = options?.takeItems?.();
    const span = new RecordedSpan(
      name,
      kind,
      id,
      traceFlags,
      traceState,
      others ?? own?.spanContext(),
      own instanceof RecordedSpan ? own : undefined,
      startTime,
      items,
      this.#origin,
    );
    if (links !== undefined && links.length > 0) span.addLinks(links);
    if (items === undefined) {
      const attributes = options?.attributes;
      if (attributes !== undefined) span.setAttributes(attributes);
    }
    if (sampled.attributes !== undefined) span.setAttributes(sampled.attributes);
    this.#options.onStart?.(span);
    return span;
  }

  #sample(
    from: Context,
    parent: Parent | undefined,
    id: TraceId,
    name: string,
    kind: SpanKind,
    options: SpanOptions = NO_OPTIONS,
  ): Sampled {
    const { sampler } = this.#options;
    if (sampler.shouldSampleRoot === undefined || sampler.shouldSampleChild === undefined) {
      const { attributes = NO_ATTRIBUTES, links = NO_LINKS } = options;
      return sampler.shouldSample(from, id.text, name, kind, attributes, links);
    }
    if (parent === undefined) return sampler.shouldSampleRoot(from, id, name, kind, options);
    return sampler.shouldSampleChild(id, parent.traceFlags, parent.traceState);
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

function isOwn(span: Span | undefined): span is RecordedSpan | UnrecordedSpan {
  return span instanceof RecordedSpan || span instanceof UnrecordedSpan;
}

/** The ids of another's span, if they are valid; ours always are. */
function validContext(parent: Span | undefined): SpanContext | undefined {
  const spanContext = parent?.spanContext();
  return spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined;
}

// Our own trace ids are random; a child keeps what its parent says.
function flags(decision: number, parent: Parent | undefined): number {
  const random = parent === undefined ? RANDOM : parent.traceFlags & RANDOM;
  return decision === RECORD_AND_SAMPLE ? TraceFlags.SAMPLED | random : random;
}
