import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import { type ReadableSpan, readableSpanAccess } from './held-span.ts';
import type { HoldStats } from './hold-stats.ts';
import { type KeepOptions, readKeepOptions } from './keep-options.ts';
import { reachByKeepTrace } from './keep-trace.ts';
import { TailHold } from './tail-hold.ts';

/** A span processor of either SDK line. */
export interface SpanProcessor {
  onStart(span: ReadableSpan, parent: Context): void;
  onEnd(span: ReadableSpan): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A span processor that holds spans, and knows what became of them. */
export interface HoldProcessor extends SpanProcessor {
  stats(): HoldStats;
}

/**
 * Makes a span processor that holds what the sampler has recorded but not sampled, and hands the spans of traces with
 * errors, of slow ones and of those that `keepTrace()` names to the next processor, the one that exports. Needs a sampler
 * of this package with `record: true`. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const sampler = ruleSampler({ ratio: 0.01, record: true });
 * const hold = holdProcessor({ slowerThan: '1s' }, new BatchSpanProcessor(exporter));
 * new NodeTracerProvider({ sampler, spanProcessors: [hold] });
 */
export function holdProcessor(options: KeepOptions, next: SpanProcessor): HoldProcessor {
  const hold = new TailHold<ReadableSpan>(readKeepOptions(options), readableSpanAccess, {
    onStart: (span) => next.onStart(span, ROOT_CONTEXT),
    onEnd: (span) => next.onEnd(span),
  });
  const release = reachByKeepTrace(hold);
  return {
    onStart: (span) => hold.onStart(span),
    onEnd: (span) => hold.onEnd(span),
    forceFlush: () => next.forceFlush(),
    shutdown() {
      release();
      hold.shutdown();
      return next.shutdown();
    },
    stats: () => hold.stats(),
  };
}
