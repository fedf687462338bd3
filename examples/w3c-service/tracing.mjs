// Registers tracing for this process: all that a service needs when it exports nothing.
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { compositePropagator } from '@throughline/propagators';

new NodeTracerProvider().register({ propagator: compositePropagator() });
