// All that is OpenTelemetry's is on the command line: see matrix.mjs.
import { setup as bare } from './bare.mjs';
import { otelWithSpan } from './otel-with-span.mjs';

export const setup = () => ({ ...bare(), withSpan: otelWithSpan() });
