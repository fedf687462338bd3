export type { TracingOptions } from '@throughline/core';
export { Span } from './span-decorator.ts';
export { TracingModule } from './tracing-module.ts';
