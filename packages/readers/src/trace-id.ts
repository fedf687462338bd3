import { TraceSourceError } from './trace-source.ts';

/** A trace id in full length and lower case, from one that a person may have shortened by its leading zeros. */
export function traceIdOf(text: string, endpoint: string): string {
  if (!/^[\da-f]{1,32}$/i.test(text)) {
    const shown = JSON.stringify(text.slice(0, 40));
    throw new TraceSourceError(
      endpoint,
      `[readers] Expected a trace id of up to 32 hexadecimal digits, got ${shown}. Traces are found by a search.`,
    );
  }
  return text.toLowerCase().padStart(32, '0');
}
