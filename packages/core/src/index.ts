export { type Correlation, type CorrelationOptions, getCorrelation } from './correlation.ts';
export { errorMessage, errorType, recordException } from './failure.ts';
export { type LogFieldOptions, type LogFieldReader, type LogFields, logFieldReader, logFields } from './log-fields.ts';
export type { TracingOptions } from './options.ts';
export { isSuppressed, suppressTracing } from './suppression.ts';
export { setRoute, tracedListener } from './traced-listener.ts';
export type { Trust } from './trust.ts';
export { VERSION } from './version.ts';
export { withSpan } from './with-span.ts';
