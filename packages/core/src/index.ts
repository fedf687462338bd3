export { type CarrierFields, extractContext, injectContext } from './carrier.ts';
export {
  type LogFieldOptions,
  type LogFieldReader,
  type LogFields,
  logFieldReader,
  logFields,
} from './context/log-fields.ts';
export { type RawRequest, type RequestIdOptions, requestId } from './context/request-id.ts';
export { isSuppressed, suppressTracing, unsampledContext } from './context/suppression.ts';
export { type Correlation, type CorrelationOptions, getCorrelation } from './correlation.ts';
export type { TracingOptions } from './options.ts';
export { setRoute, tracedListener } from './server/traced-listener.ts';
export type { Trust } from './server/trust.ts';
export { callSafely, errorMessage, errorType, recordException, recordFailure } from './span/failure.ts';
export { Span, type SpanDecorator } from './span/span-decorator.ts';
export { type AnyFunction, traced } from './span/traced.ts';
export { withSpan } from './span/with-span.ts';
export { VERSION } from './version.ts';
