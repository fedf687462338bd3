import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { readVariable, wrongVariable } from './environment.ts';

const PROPAGATORS: Readonly<Record<string, () => TextMapPropagator>> = {
  tracecontext: () => new W3CTraceContextPropagator(),
  baggage: () => new W3CBaggagePropagator(),
};

/** The propagators that `OTEL_PROPAGATORS` names, W3C trace context and baggage by default. Throws for others. */
export function createPropagator(): TextMapPropagator {
  const value = readVariable('OTEL_PROPAGATORS') ?? 'tracecontext,baggage';
  if (value.toLowerCase() === 'none') return new CompositePropagator({ propagators: [] });
  const names = new Set(value.split(',').map((name) => name.trim().toLowerCase()));
  const propagators = [...names].map((name) => {
    const create = Object.hasOwn(PROPAGATORS, name) ? PROPAGATORS[name] : undefined;
    if (create === undefined) {
      throw wrongVariable('OTEL_PROPAGATORS', 'a list of tracecontext and baggage, or none', value);
    }
    return create();
  });
  return new CompositePropagator({ propagators });
}
