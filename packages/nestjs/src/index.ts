export { Span, type TracingOptions } from '@throughline/core';
export { traceClientProxy } from './client-proxy.ts';
export { TracedLogger, type TracedLoggerOptions } from './traced-logger.ts';
export { TracingModule } from './tracing-module.ts';
