import type { TraceWarning } from './trace.ts';

/** Tells of a flaw of the input. */
export function warn(warnings: TraceWarning[], kind: TraceWarning['kind'], spanId: string, message: string): void {
  warnings.push({ kind, spanId, message });
}
