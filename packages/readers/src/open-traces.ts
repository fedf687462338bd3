import { openFile } from './file-source.ts';
import type { TraceSource } from './trace-source.ts';

/**
 * Opens what holds traces: a file of spans, or `-` for standard input, in any format that `readSpans` of
 * @throughline/analysis knows, packed or not.
 *
 * @throws {TraceSourceError} if a file cannot be read; a server is only asked with the first method.
 */
export async function openTraces(location: string): Promise<TraceSource> {
  return openFile(location);
}
