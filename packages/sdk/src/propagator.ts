import type { TextMapPropagator } from '@opentelemetry/api';
import { compositePropagator, type PropagatorName, propagatorNames } from '@throughline/propagators';
import { readVariable, wrongVariable } from './environment.ts';

/**
 * The propagators that `OTEL_PROPAGATORS` names, W3C trace context and baggage by default: each reads and writes, and the
 * first that finds a context in a request wins. Throws for unknown names.
 */
export function createPropagator(): TextMapPropagator {
  const value = readVariable('OTEL_PROPAGATORS') ?? 'tracecontext,baggage';
  if (value.toLowerCase() === 'none') return compositePropagator({ extract: [], inject: [] });
  const names = [...new Set(value.split(',').map((name) => name.trim().toLowerCase()))];
  if (!names.every(isPropagatorName)) {
    throw wrongVariable('OTEL_PROPAGATORS', `a list of ${propagatorNames.join(', ')}, or none`, value);
  }
  return compositePropagator({ extract: names, inject: names });
}

function isPropagatorName(name: string): name is PropagatorName {
  return propagatorNames.some((known) => known === name);
}
