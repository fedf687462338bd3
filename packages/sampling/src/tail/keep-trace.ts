import { context, TraceFlags, trace } from '@opentelemetry/api';
import { type TraceKeeper, traceKeepers } from '@throughline/core/trace-keepers';

/**
 * Keeps the trace of the active span, whole as far as this process knows it, although the sampler did not sample it; services
 * called from now on keep their part too. To be called while the request is served, or within the time that traces are
 * held. Returns whether the trace is kept; without a tail hold in this process, one that was not sampled cannot be.
 *
 * @example
 * if (order.total > 10_000) keepTrace();
 */
export function keepTrace(): boolean {
  const spanContext = trace.getSpanContext(context.active());
  if (spanContext === undefined) return false;
  let kept = (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0;
  for (const keeper of traceKeepers()) kept = keeper.keep(spanContext.traceId) || kept;
  return kept;
}

/** Lets `keepTrace` and error lines of the log reach a hold, until the function it returns is called. */
export function reachByKeepTrace(keeper: TraceKeeper): () => void {
  traceKeepers().add(keeper);
  return () => void traceKeepers().delete(keeper);
}
