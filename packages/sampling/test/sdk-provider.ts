import type { Attributes, SpanContext, SpanKind, TracerProvider } from '@opentelemetry/api';
import type { Sampler } from '@throughline/sampling';

/** What both SDK lines tell of a span. */
export type RecordedSpan = {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly status: { readonly code: number };
  readonly parentSpanContext?: SpanContext;
  spanContext(): SpanContext;
};

type Provider = TracerProvider & { shutdown(): Promise<void> };
type Processor = { onStart(span: RecordedSpan): void; onEnd(span: RecordedSpan): void };
type ProviderClass = new (config: { sampler: Sampler; spanProcessors: unknown[] }) => Provider;

/** Makes a provider of the SDK line that is installed: of 3.x, which is not there beside 2.x, or of 2.x. */
export async function sdkProvider(sampler: Sampler, ...processors: Processor[]): Promise<Provider> {
  const nextLine = '@opentelemetry/sdk-trace';
  const sdk = (await import(nextLine).catch(() => ({}))) as { TracerProvider?: ProviderClass };
  const Provider =
    sdk.TracerProvider ??
    ((await import('@opentelemetry/sdk-trace-node')).NodeTracerProvider as unknown as ProviderClass);
  const idle = { forceFlush: async () => {}, shutdown: async () => {} };
  return new Provider({ sampler, spanProcessors: processors.map((processor) => ({ ...idle, ...processor })) });
}
