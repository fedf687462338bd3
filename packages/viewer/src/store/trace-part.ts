import type { Span } from '@throughline/analysis';

/** What some spans of a trace add to its summary. */
export type TracePart = {
  readonly traceId: string;
  start: bigint;
  end: bigint;
  spans: number;
  errors: number;
  root: Span;
  readonly services: Map<string, ServiceCount>;
};

/** How many spans of a trace a service has, and how many of them failed. */
export type ServiceCount = { spans: number; errors: number };

/** Counts a span with the others of its service. */
export function countService(services: Map<string, ServiceCount>, { resource, status }: Span): void {
  let count = services.get(resource.service);
  if (count === undefined) {
    count = { spans: 0, errors: 0 };
    services.set(resource.service, count);
  }
  count.spans += 1;
  if (status === 'error') count.errors += 1;
}

/** The parts of all traces that these spans belong to. */
export function partsOf(spans: Iterable<Span>): TracePart[] {
  const parts = new Map<string, TracePart>();
  for (const span of spans) {
    const { traceId, startUnixNano, endUnixNano } = span;
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
    countService(part.services, span);
  }
  return [...parts.values()];
}

/** Whether a span rather than another is what a trace is called by: one without a parent, then the earliest. */
export function isBetterRoot(span: Span, than: Span): boolean {
  const isRoot = span.parentSpanId === undefined;
  if (isRoot !== (than.parentSpanId === undefined)) return isRoot;
  return span.startUnixNano < than.startUnixNano;
}
