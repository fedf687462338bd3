import type { Attributes, TracerProvider } from '@opentelemetry/api';
import type { ReadableSpan, SpanLimits, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { VERSION } from '@throughline/core';
import {
  type HoldStats,
  type KeepOptions,
  type PeerSettings,
  type PeerStats,
  readableSpanAccess,
} from '@throughline/sampling';
import { BatchProcessor } from './batch-processor.ts';
import { ConsoleProcessor } from './console-processor.ts';
import { CrashSpool } from './crash-spool.ts';
import { doneWithin } from './deadline.ts';
import { createExporter, type ExporterOptions } from './exporter.ts';
import { readBatchLimits } from './limits.ts';
import { LossCounter, type SpanCounts } from './loss.ts';
import { openTelemetryResources, openTelemetrySdk } from './opentelemetry-sdk.cjs';
import { OtlpDelivery } from './otlp-delivery.ts';
import { OtlpExporter } from './otlp-exporter.ts';
import type { RecordedSpan } from './recorder/recorded-span.ts';
import { recordedSpanAccess } from './recorder/recorded-span-access.ts';
import { RecorderProvider } from './recorder/recorder-provider.ts';
import { SpanExport } from './recorder/span-export.ts';
import { SpanRing } from './recorder/span-ring.ts';
import type { HeadSampling } from './sampler.ts';
import { SpanHold } from './span-hold.ts';
import type { SpanSink } from './span-sink.ts';
import { SpoolResend } from './spool-resend.ts';
import type { TraceLinks } from './viewer/trace-links.ts';
import type { ViewerLink } from './viewer/viewer-link.ts';

/** What spans are made with. */
export type SpanSettings = {
  readonly resource: Attributes;
  readonly sampling: HeadSampling;
  readonly spanLimits: Required<SpanLimits>;
};

/** The way of spans from their start to the outside of the process. */
export type Pipeline = {
  readonly tracerProvider: TracerProvider;
  counts(): SpanCounts;
  /** Exports what has ended so far. Resolves when that is done or the time is over; never rejects. */
  flush(): Promise<void>;
  /** The same for a process about to end: nothing is tried twice, and what was not done in time is given up. */
  flushFinally(): Promise<void>;
  /** `flushFinally`, and an end to everything. */
  shutdown(): Promise<void>;
};

/**
 * Puts provider, processors and exporter together. Throws for a wrong option or variable.
 *
 * Where spans go out by OTLP as protobuf and no processor of the application's wants to see them, they are recorded as
 * the bytes to send; everywhere else they are the SDK's, with the same result.
 */
export function createPipeline(
  options: ExporterOptions & { spanProcessors?: SpanProcessor[]; crashSpool?: string },
  settings: SpanSettings,
  timeoutMs: number,
  viewer?: Pick<ViewerLink, 'links' | 'ready'>,
): Pipeline {
  const loss = new LossCounter();
  const target = createExporter(options, (options.spanProcessors ?? []).length === 0);
  const news = new News();
  const { crashSpool } = options;
  if (crashSpool !== undefined && !(target instanceof OtlpDelivery)) {
    throw new TypeError(
      "[sdk] `crashSpool` is for spans that go out by OTLP as protobuf. Remove it, or `spanProcessors` and other exporters than 'otlp'.",
    );
  }
  const { tracerProvider, sinks, hold, recovered } =
    target instanceof OtlpDelivery
      ? recording(target, settings, loss, news, timeoutMs, crashSpool, viewer?.links)
      : processing(target, options.spanProcessors ?? [], settings, loss, news, timeoutMs, viewer?.links);
  const delivery =
    target instanceof OtlpDelivery ? target : target instanceof OtlpExporter ? target.delivery : undefined;
  if (viewer !== undefined) delivery?.waitFor(viewer.ready);

  const forAll = (work: (sink: SpanSink) => Promise<void>): Promise<boolean> =>
    doneWithin(timeoutMs, Promise.allSettled(sinks.map(async (sink) => work(sink))));
  const finish = async (work: (sink: SpanSink) => Promise<void>): Promise<boolean> => {
    delivery?.hurry(true);
    const done = await forAll(work);
    delivery?.hurry(false);
    if (!done) for (const sink of sinks) sink.discard?.();
    loss.report();
    return done;
  };
  return {
    tracerProvider,
    counts: () => ({
      ...loss.counts,
      pending: sinks.reduce((sum, sink) => sum + (sink.pending ?? 0), 0),
      ...(recovered !== undefined && { recovered: recovered() }),
      ...holdCounts(hold),
    }),
    async flush() {
      await forAll((sink) => sink.forceFlush());
    },
    async flushFinally() {
      // A process that has nothing new to say must not be kept from ending, over and over.
      if (news.take()) await finish((sink) => sink.forceFlush());
    },
    async shutdown() {
      settings.sampling.stop?.();
      const done = await finish((sink) => sink.shutdown());
      if (done) return;
      // Whoever is late has not come to closing the connections.
      if (target instanceof OtlpDelivery) target.close();
      else if (typeof target === 'object') void Promise.allSettled([target.shutdown()]);
    },
  };
}

type Way = {
  readonly tracerProvider: TracerProvider;
  readonly sinks: readonly SpanSink[];
  readonly hold?: Pick<SpanHold<never>, 'stats' | 'peerStats'> | undefined;
  readonly recovered?: () => number;
};

function recording(
  delivery: OtlpDelivery,
  settings: SpanSettings,
  loss: LossCounter,
  news: News,
  timeoutMs: number,
  crashSpool: string | undefined,
  links: TraceLinks | undefined,
): Way {
  const { resource, sampling, spanLimits } = settings;
  const { sampler, observer, keep, peers } = sampling;
  // https://opentelemetry.io/docs/specs/semconv/resource/#telemetry-sdk: what is not OpenTelemetry's own says so.
  const attributes = {
    ...resource,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': '@throughline/sdk',
    'telemetry.sdk.version': VERSION,
  };
  const spanExport = new SpanExport(attributes, delivery, readBatchLimits(keep !== undefined), loss);
  const enter = { onEnd: (span: RecordedSpan) => spanExport.add(span) };
  const makeRing = (maxBytes: number): SpanRing => new SpanRing(maxBytes, spanExport);
  const hold =
    keep === undefined
      ? undefined
      : new SpanHold(keep, peers, recordedSpanAccess, spanExport, timeoutMs, enter, makeRing);
  const spool = crashSpool === undefined ? undefined : new CrashSpool<RecordedSpan>(crashSpool, spanExport);
  const resend = crashSpool === undefined ? undefined : new SpoolResend(crashSpool, delivery);
  const watched = observer !== undefined || hold !== undefined || spool !== undefined;
  const onStart = (span: RecordedSpan): void => {
    observer?.onStart(span);
    hold?.onStart(span);
    spool?.onStart(span);
  };
  const tracerProvider = new RecorderProvider({
    sampler,
    limits: spanLimits,
    ...(watched && { onStart }),
    onEnd(span) {
      news.onEnd();
      observer?.onEnd(span);
      spool?.onEnd(span);
      (hold ?? enter).onEnd(span);
      links?.onEnd(span, recordedSpanAccess.durationMs);
    },
  });
  const sinks: SpanSink[] = [hold ?? spanExport];
  if (spool === undefined || resend === undefined) return { tracerProvider, sinks, hold };
  const ending: SpanSink = { forceFlush: async () => {}, shutdown: async () => spool.stop() };
  return { tracerProvider, sinks: [...sinks, resend, ending], hold, recovered: () => resend.recovered };
}

function processing(
  exporter: Exclude<ReturnType<typeof createExporter>, OtlpDelivery>,
  own: readonly SpanProcessor[],
  settings: SpanSettings,
  loss: LossCounter,
  news: News,
  timeoutMs: number,
  links: TraceLinks | undefined,
): Way {
  const { sampling, spanLimits } = settings;
  const { sampler, observer, keep, peers } = sampling;
  const { NodeTracerProvider } = openTelemetrySdk();
  const { defaultResource, resourceFromAttributes } = openTelemetryResources();
  const resource = defaultResource().merge(resourceFromAttributes(settings.resource));
  const sink =
    typeof exporter === 'object'
      ? new BatchProcessor(exporter, readBatchLimits(keep !== undefined), loss)
      : exporter === 'console'
        ? new ConsoleProcessor(loss)
        : undefined;
  const hold = keep === undefined || sink === undefined ? undefined : holdBefore(keep, peers, sink, timeoutMs);
  const all: (SpanProcessor | undefined)[] = [news, observer, ...own, hold ?? sink, links && watching(links)];
  const spanProcessors = all.filter((processor) => processor !== undefined);
  const tracerProvider = new NodeTracerProvider({ resource, sampler, spanLimits, spanProcessors });
  return { tracerProvider, sinks: spanProcessors, hold };
}

function holdCounts(hold: Way['hold']): { hold?: HoldStats; peers?: PeerStats } {
  if (hold === undefined) return {};
  const peers = hold.peerStats();
  return { hold: hold.stats(), ...(peers !== undefined && { peers }) };
}

function holdBefore(
  keep: KeepOptions,
  peers: PeerSettings | undefined,
  sink: BatchProcessor | ConsoleProcessor,
  timeoutMs: number,
): SpanHold<ReadableSpan> {
  return new SpanHold<ReadableSpan>(keep, peers, readableSpanAccess, sink, timeoutMs, sink);
}

function watching(links: TraceLinks): SpanProcessor {
  const nothing = async (): Promise<void> => {};
  const onEnd = (span: ReadableSpan): void => links.onEnd(span, readableSpanAccess.durationMs);
  return { onStart() {}, onEnd, forceFlush: nothing, shutdown: nothing };
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

  onEnd(): void {
    this.#any = true;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
