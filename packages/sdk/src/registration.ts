import { context, propagation, type TextMapPropagator, type TracerProvider, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

/**
 * Makes a provider, a propagator and a context manager those of `@opentelemetry/api`; without a provider no spans are
 * made, while context still passes through. `previous` is what an earlier tracing of ours, now shut down, has registered;
 * it is replaced. Throws if another SDK is registered.
 */
export function register(
  tracerProvider: TracerProvider | undefined,
  propagator: TextMapPropagator,
  previous: Registration | undefined,
): Registration {
  const isOurs = previous !== undefined && (previous.tracerProvider ?? registeredProvider()) === registeredProvider();
  if (isOurs) {
    trace.disable();
    context.disable();
    propagation.disable();
  }
  if (tracerProvider !== undefined && !trace.setGlobalTracerProvider(tracerProvider)) {
    throw new Error(
      '[sdk] Another OpenTelemetry SDK is registered in this process. Start either that one or this one; the other ' +
        'Throughline packages work with both.',
    );
  }
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(propagator);
  return { tracerProvider };
}

/** What was registered. */
export type Registration = { readonly tracerProvider: TracerProvider | undefined };

// What the API hands out is a proxy of what was registered.
function registeredProvider(): TracerProvider {
  const provider: TracerProvider & { getDelegate?(): TracerProvider } = trace.getTracerProvider();
  return provider.getDelegate?.() ?? provider;
}
