export type { TracingOptions } from '@throughline/core';
export { traceClientProxy } from './client-proxy.ts';
export { Span } from './span-decorator.ts';
export { TracedLogger, type TracedLoggerOptions } from './traced-logger.ts';
export { TracingModule } from './tracing-module.ts';
