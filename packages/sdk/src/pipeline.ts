import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { BatchProcessor } from './batch-processor.ts';
import { ConsoleProcessor } from './console-processor.ts';
import { doneWithin } from './deadline.ts';
import { createExporter, type ExporterOptions } from './exporter.ts';
import { readBatchLimits } from './limits.ts';
import { LossCounter, type SpanCounts } from './loss.ts';
import { OtlpExporter } from './otlp-exporter.ts';

/** The way of finished spans out of the process. */
export type Pipeline = {
  readonly processors: SpanProcessor[];
  counts(): SpanCounts;
  /** Exports what has ended so far. Resolves when that is done or the time is over; never rejects. */
  flush(): Promise<void>;
  /** The same for a process about to end: nothing is tried twice, and what was not done in time is given up. */
  flushFinally(): Promise<void>;
  /** `flushFinally`, and an end to everything. */
  shutdown(): Promise<void>;
};

/** Puts exporter and processors together. Throws for a wrong option or variable. */
export function createPipeline(
  options: ExporterOptions & { spanProcessors?: SpanProcessor[] },
  timeoutMs: number,
): Pipeline {
  const loss = new LossCounter();
  const exporter = createExporter(options);
  const batch = typeof exporter === 'object' ? new BatchProcessor(exporter, readBatchLimits(), loss) : undefined;
  const drawing = exporter === 'console' ? new ConsoleProcessor(loss) : undefined;
  const sinks = [batch, drawing].filter((processor) => processor !== undefined);
  const news = new News();
  const processors: SpanProcessor[] = [news, ...(options.spanProcessors ?? []), ...sinks];

  const forAll = (work: (processor: SpanProcessor) => Promise<void>): Promise<boolean> =>
    doneWithin(timeoutMs, Promise.allSettled(processors.map(async (processor) => work(processor))));
  const finish = async (work: (processor: SpanProcessor) => Promise<void>): Promise<boolean> => {
    if (exporter instanceof OtlpExporter) exporter.hurry(true);
    const done = await forAll(work);
    if (exporter instanceof OtlpExporter) exporter.hurry(false);
    if (!done) batch?.discard();
    loss.report();
    return done;
  };
  return {
    processors,
    counts: () => ({ ...loss.counts, pending: (batch?.pending ?? 0) + (drawing?.pending ?? 0) }),
    async flush() {
      await forAll((processor) => processor.forceFlush());
    },
    async flushFinally() {
      // A process that has nothing new to say must not be kept from ending, over and over.
      if (news.take()) await finish((processor) => processor.forceFlush());
    },
    async shutdown() {
      const done = await finish((processor) => processor.shutdown());
      // Whoever is late has not come to closing the connections.
      if (!done && typeof exporter === 'object') void Promise.allSettled([exporter.shutdown()]);
    },
  };
}

/** Knows whether any span has ended since it was last asked. */
class News implements SpanProcessor {
  #any = false;

  take(): boolean {
    const any = this.#any;
    this.#any = false;
    return any;
  }

  onStart(): void {}

  onEnd(_span: ReadableSpan): void {
    this.#any = true;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
