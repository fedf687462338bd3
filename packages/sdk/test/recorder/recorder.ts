import type { Tracer } from '@opentelemetry/api';
import { type RecorderOptions, RecorderProvider } from '../../src/recorder/recorder-provider.ts';
import { SpanBatch } from '../../src/recorder/span-batch.ts';
import { type DecodedSpan, decodeTraces } from './decode-otlp.ts';

/** What OpenTelemetry limits spans to where nobody says otherwise. */
export const DEFAULT_LIMITS: RecorderOptions['limits'] = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Number.POSITIVE_INFINITY,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
};

/** A recorder whose spans are written into a batch when they end, and the spans that can be read out of it. */
export function recorderWith(
  sampler: RecorderOptions['sampler'],
  limits: Partial<RecorderOptions['limits']> = {},
): { tracer: Tracer; takeSpans(): DecodedSpan[] } {
  const batch = new SpanBatch({});
  const provider = new RecorderProvider({
    sampler,
    limits: { ...DEFAULT_LIMITS, ...limits },
    onEnd: (span) => batch.add(span),
  });
  return {
    tracer: provider.getTracer('test'),
    takeSpans: () =>
      decodeTraces(batch.take()).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  };
}
