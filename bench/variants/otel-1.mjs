import { ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-node';
import { otel } from './otel.mjs';

export const setup = (framework) =>
  otel(framework, new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) }));
