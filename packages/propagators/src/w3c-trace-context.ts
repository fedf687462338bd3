import type { Context, SpanContext, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { readHeader, readListHeader } from './headers.ts';
import { checkOptions } from './options.ts';
import { continueTrace, outboundSpanContext, RANDOM_FLAG, remoteTrace } from './remote-trace.ts';
import { formatTraceParent, parseTraceParent } from './trace-parent.ts';
import { W3CTraceState } from './trace-state.ts';

/** How W3C trace context is written. */
export type W3CTraceContextOptions = {
  /**
   * Whether the trace ids that this process makes are random in their last 7 bytes, as those of OpenTelemetry's SDKs and of
   * X-Ray's generator are; outgoing headers of own traces say so by the random flag. Only an id generator of your own
   * may need `false`. Traces that came in keep the flag they came with.
   * @default true
   */
  randomTraceIds?: boolean;
};

/**
 * Reads and writes `traceparent` and `tracestate`: W3C Trace Context Level 2, with the random flag.
 *
 * @see https://www.w3.org/TR/trace-context-2/
 */
export class W3CTraceContextPropagator implements TextMapPropagator {
  readonly #ownFlags: number;

  constructor(options: W3CTraceContextOptions = {}) {
    checkOptions(options, { randomTraceIds: ['a boolean', (value) => typeof value === 'boolean'] });
    const { randomTraceIds = true } = options;
    this.#ownFlags = randomTraceIds ? RANDOM_FLAG : 0;
  }

  /** Writes the ids of the active span. `tracestate` only if there is something in it. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const outbound = outboundSpanContext(context);
    if (outbound === undefined) return;
    const traceFlags = (outbound.traceFlags & ~RANDOM_FLAG) | this.#randomFlag(context, outbound);
    setter.set(carrier, 'traceparent', formatTraceParent(outbound, traceFlags));
    const state = outbound.traceState?.serialize();
    if (state) setter.set(carrier, 'tracestate', state);
  }

  /** A context with the inbound ids, or the same context if there are no valid ones. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = readHeader(carrier, getter, 'traceparent');
    const parent = header === undefined ? undefined : parseTraceParent(header);
    if (parent === undefined) return context;
    const state = readListHeader(carrier, getter, 'tracestate');
    if (!state) return continueTrace(context, parent);
    const { traceId, spanId, traceFlags } = parent;
    return continueTrace(context, { traceId, spanId, traceFlags, traceState: W3CTraceState.parse(state) });
  }

  /** The headers that `inject` may write. */
  fields(): string[] {
    return ['traceparent', 'tracestate'];
  }

  // The flag belongs to the trace id: it must go out as it came in, set or not.
  #randomFlag(context: Context, outbound: SpanContext): number {
    const remote = remoteTrace(context, outbound);
    return remote === undefined ? this.#ownFlags : remote.spanContext.traceFlags & RANDOM_FLAG;
  }
}
