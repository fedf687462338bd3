export { type B3Options, B3Propagator } from './b3.ts';
export { type CompositeOptions, compositePropagator } from './composite.ts';
export { DatadogPropagator } from './datadog.ts';
export { JaegerPropagator } from './jaeger.ts';
export { type PropagatorName, propagatorNames, propagatorsByName } from './names.ts';
export { W3CTraceState } from './trace-state.ts';
export { BaggagePropagator } from './w3c-baggage.ts';
export { type W3CTraceContextOptions, W3CTraceContextPropagator } from './w3c-trace-context.ts';
export { XRayPropagator } from './xray.ts';
