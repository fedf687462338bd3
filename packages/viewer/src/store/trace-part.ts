import type { Span } from '@throughline/analysis';
import { isBetterRoot } from './memory-trace.ts';

/** What some spans of a trace add to its summary. */
export type TracePart = {
  readonly traceId: string;
  start: bigint;
  end: bigint;
  spans: number;
  errors: number;
  root: Span;
  readonly services: Map<string, number>;
};

/** The parts of all traces that these spans belong to. */
export function partsOf(spans: Iterable<Span>): TracePart[] {
  const parts = new Map<string, TracePart>();
  for (const span of spans) {
    const { traceId, startUnixNano, endUnixNano, resource } = span;
    let part = parts.get(traceId);
    if (part === undefined) {
      part = { traceId, start: startUnixNano, end: endUnixNano, spans: 0, errors: 0, root: span, services: new Map() };
      parts.set(traceId, part);
    }
    if (startUnixNano < part.start) part.start = startUnixNano;
    if (endUnixNano > part.end) part.end = endUnixNano;
    if (isBetterRoot(span, part.root)) part.root = span;
    if (span.status === 'error') part.errors += 1;
    part.spans += 1;
    part.services.set(resource.service, (part.services.get(resource.service) ?? 0) + 1);
  }
  return [...parts.values()];
}
