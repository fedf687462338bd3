export type { TracingOptions } from '@throughline/core';
export { TracingModule } from './tracing-module.ts';
