import type {
  Attributes,
  Context,
  HrTime,
  Link,
  SpanContext,
  SpanKind,
  SpanStatus,
  TracerProvider,
} from '@opentelemetry/api';

/** What both SDK lines tell of a span that has ended. */
export type FinishedSpan = {
  readonly name: string;
  readonly kind: SpanKind;
  spanContext(): SpanContext;
  readonly parentSpanContext?: SpanContext;
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  readonly events: readonly { readonly name: string; readonly attributes?: Attributes }[];
  readonly links: readonly Link[];
  readonly duration: HrTime;
  readonly instrumentationScope: { readonly name: string };
};

type Provider = TracerProvider & { shutdown(): Promise<void> };
type ProviderClass = new (config: { spanProcessors: unknown[] }) => Provider;

/** Makes a provider of the SDK line that is installed, which reports each span at its end. */
export async function createProvider(onEnd: (span: FinishedSpan) => void): Promise<Provider> {
  const Provider = await loadProvider();
  const processor = {
    onStart(_span: unknown, _context: Context): void {},
    onEnd,
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  return new Provider({ spanProcessors: [processor] });
}

// The two lines cannot be installed together: one wants @opentelemetry/api below 1.10, the other above.
async function loadProvider(): Promise<ProviderClass> {
  const nextLine = '@opentelemetry/sdk-trace';
  const sdk = (await import(nextLine).catch(() => ({}))) as { TracerProvider?: ProviderClass };
  if (sdk.TracerProvider !== undefined) return sdk.TracerProvider;
  const { NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
  return NodeTracerProvider as unknown as ProviderClass;
}
