export { type Correlation, type CorrelationOptions, getCorrelation, setCorrelation } from './correlation.ts';
export { errorMessage, errorType, recordException } from './failure.ts';
export { type LogFields, logFields } from './log-fields.ts';
export type { TracingOptions } from './options.ts';
export { isSuppressed } from './suppression.ts';
export type { Trust } from './trust.ts';
export { VERSION } from './version.ts';
export { withSpan } from './with-span.ts';
