import type { Attributes, Context, Link, SpanKind, TraceState } from '@opentelemetry/api';
import type { TraceId } from './trace-id.ts';

/**
 * An OpenTelemetry sampler, for the SDKs of the 2.x and the 3.x line and for `startTracing`. It has no type of either,
 * because the two lines cannot be installed together.
 */
export interface Sampler {
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult;
  /**
   * The same for a span without a parent, for a tracer that works out an id as text, and attributes, when somebody asks for
   * them: a sampler without rules does not, and most spans are not recorded. Whoever has it looks at no attributes of spans
   * with a parent.
   */
  shouldSampleRoot?(
    context: Context,
    traceId: TraceId,
    spanName: string,
    spanKind: SpanKind,
    start: { readonly attributes?: Attributes | undefined },
  ): SamplingResult;
  /**
   * The same for a span whose parent has a valid id, by the parent's flags and `tracestate`, which is all that a sampler looks
   * at that follows it. A tracer asks only a sampler that has this and `shouldSampleRoot`.
   */
  shouldSampleChild?(traceId: TraceId, parentFlags: number, parentState: TraceState | undefined): SamplingResult;
  toString(): string;
}

/** What becomes of a span. Without a `traceState` it has its parent's. */
export type SamplingResult = { readonly decision: Decision; readonly traceState?: TraceState };

/** 0: the span is not recorded. 1: it is recorded but not sampled. 2: it is recorded and sampled. */
export type Decision = 0 | 1 | 2;

/** The span is not recorded. */
export const NOT_RECORD = 0;
/** The span is recorded, and nobody is told. */
export const RECORD = 1;
/** The span is recorded and sampled, and so are its children. */
export const RECORD_AND_SAMPLED = 2;
