import type { TextMapPropagator } from '@opentelemetry/api';
import { B3Propagator } from './b3.ts';
import { DatadogPropagator } from './datadog.ts';
import { JaegerPropagator } from './jaeger.ts';
import { BaggagePropagator } from './w3c-baggage.ts';
import { W3CTraceContextPropagator } from './w3c-trace-context.ts';
import { XRayPropagator } from './xray.ts';

const PROPAGATORS = {
  tracecontext: () => new W3CTraceContextPropagator(),
  baggage: () => new BaggagePropagator(),
  b3: () => new B3Propagator(),
  b3multi: () => new B3Propagator({ inject: 'multi' }),
  jaeger: () => new JaegerPropagator(),
  xray: () => new XRayPropagator(),
  datadog: () => new DatadogPropagator(),
} as const satisfies Record<string, () => TextMapPropagator>;

/** The name of a format, as in `OTEL_PROPAGATORS`. */
export type PropagatorName = keyof typeof PROPAGATORS;

/** The names of all formats. */
export const propagatorNames = Object.keys(PROPAGATORS) as readonly PropagatorName[];

/**
 * Makes the propagators of these formats, one for each name, by the names that `OTEL_PROPAGATORS` knows. Throws a
 * `TypeError` for an unknown one.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function propagatorsByName(names: readonly string[]): TextMapPropagator[] {
  return [...new Set(names)].map((name) => {
    if (Object.hasOwn(PROPAGATORS, name)) return PROPAGATORS[name as PropagatorName]();
    const known = propagatorNames.map((format) => `\`${format}\``).join(', ');
    throw new TypeError(`[propagators] There is no propagator ${JSON.stringify(name)}. Use one of ${known}.`);
  });
}
