import { context, type SpanContext, trace } from '@opentelemetry/api';

/** Who can keep the trace of a span that was not sampled. */
export type TraceKeeper = {
  /** Keeps a trace. Whether it is one that is kept. */
  keep(traceId: string): boolean;
  /** Takes note of a log line of the level error in this span. It must not throw. */
  noteErrorLine?(spanContext: SpanContext): void;
};

const KEEPERS = Symbol.for('throughline.trace-keepers');
const shared = globalThis as { [KEEPERS]?: Set<TraceKeeper> };

/** All keepers of this process, whichever copy of this package they came through. */
export function traceKeepers(): Set<TraceKeeper> {
  shared[KEEPERS] ??= new Set();
  return shared[KEEPERS];
}

/** To be called for every log line of the level error or above: a trace with one is worth keeping. Never throws. */
export function noteErrorLine(): void {
  const keepers = shared[KEEPERS];
  if (keepers === undefined || keepers.size === 0) return;
  const spanContext = trace.getSpanContext(context.active());
  if (spanContext === undefined) return;
  for (const keeper of keepers) keeper.noteErrorLine?.(spanContext);
}
