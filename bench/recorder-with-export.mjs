// A recorder as `startTracing` makes it, which records every span; of how far they go then, there is a choice.
import { ruleSampler } from '@throughline/sampling';
import { readBatchLimits } from '../packages/sdk/dist/limits.js';
import { LossCounter } from '../packages/sdk/dist/loss.js';
import { OtlpDelivery } from '../packages/sdk/dist/otlp-delivery.js';
import { readOtlpSettings } from '../packages/sdk/dist/otlp-settings.js';
import { RecorderProvider } from '../packages/sdk/dist/recorder/recorder-provider.js';
import { SpanExport } from '../packages/sdk/dist/recorder/span-export.js';
import { spanLimits } from './span-limits.mjs';

const nowhere = { deliver: async () => undefined, close() {} };

/** A tracer, and what resolves when all its spans are where they go. @param {'recorded' | 'written' | 'exported'} way @param {string} endpoint */
export function recorderWithExport(way, endpoint) {
  const loss = new LossCounter();
  const delivery = way === 'exported' ? new OtlpDelivery(readOtlpSettings(endpoint), 'protobuf') : nowhere;
  const spanExport = new SpanExport(
    { 'service.name': 'bench' },
    /** @type {any} */ (delivery),
    readBatchLimits(false),
    loss,
  );
  const provider = new RecorderProvider({
    sampler: ruleSampler({ ratio: 1 }),
    limits: spanLimits,
    onEnd: way === 'recorded' ? () => {} : (span) => spanExport.add(span),
  });
  const flush = async () => {
    await spanExport.forceFlush();
    const { dropped, failed } = loss.counts;
    if (dropped + failed > 0) throw new Error(`${dropped} spans were dropped, ${failed} failed.`);
  };
  return { tracer: provider.getTracer('bench'), flush };
}
