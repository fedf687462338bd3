import { type Attributes, ROOT_CONTEXT, type SpanContext, type SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Candidate } from './candidate.ts';
import type { RouteTraffic } from './route-table.ts';

/** A span processor of either SDK line. */
export interface SpanObserver {
  onStart(span: ObservedSpan): void;
  onEnd(span: ObservedSpan): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** What both SDK lines tell of a span. */
export type ObservedSpan = {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly status: { readonly code: SpanStatusCode };
  readonly parentSpanContext?: SpanContext | undefined;
};

const WEIGHT = 0.05;

/** Notes for each route which share of its recorded requests fails; of the last twenty, 64 % of the weight. */
export class FailureObserver implements SpanObserver {
  readonly #trafficOf: (candidate: Candidate) => RouteTraffic;
  // A span may get another name and a route later on, so its traffic is looked up as the sampler did, at the start.
  readonly #open = new WeakMap<ObservedSpan, RouteTraffic>();

  constructor(trafficOf: (candidate: Candidate) => RouteTraffic) {
    this.#trafficOf = trafficOf;
  }

  onStart(span: ObservedSpan): void {
    if (span.parentSpanContext !== undefined && span.parentSpanContext.isRemote !== true) return;
    try {
      this.#open.set(span, this.#trafficOf(new Candidate(span.name, span.kind, span, ROOT_CONTEXT)));
    } catch {
      // The user's `key` failed; the sampler has reported that.
    }
  }

  onEnd(span: ObservedSpan): void {
    const traffic = this.#open.get(span);
    if (traffic === undefined) return;
    const failed = span.status.code === SpanStatusCode.ERROR ? 1 : 0;
    traffic.failing += WEIGHT * (failed - traffic.failing);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
