import type { Resource, Span } from '@throughline/analysis';

let counter = 0;

/** An id that no other span of the test has. */
export function nextId(digits: 16 | 32): string {
  counter += 1;
  return counter.toString(16).padStart(digits, '0');
}

const resources = new Map<string, Resource>();

export function resourceNamed(service: string): Resource {
  let resource = resources.get(service);
  if (resource === undefined) {
    resource = { service, attributes: { 'service.name': service, 'host.name': `${service}-1` } };
    resources.set(service, resource);
  }
  return resource;
}

/** A span with what is given, and plain values for the rest. Times are in milliseconds, the start since {@link ORIGIN}. */
export function span({
  service = 'shop',
  startMs = 0,
  durationMs = 10,
  ...fields
}: Partial<Span> & { service?: string; startMs?: number; durationMs?: number } = {}): Span {
  const startUnixNano = ORIGIN + BigInt(Math.round(startMs * 1e6));
  return {
    traceId: nextId(32),
    spanId: nextId(16),
    name: 'GET /orders',
    kind: 'server',
    startUnixNano,
    endUnixNano: startUnixNano + BigInt(Math.round(durationMs * 1e6)),
    status: 'unset',
    attributes: {},
    events: [],
    links: [],
    resource: resourceNamed(service),
    ...fields,
  };
}

/** 2026-11-21T12:00:00Z. */
export const ORIGIN = 1_795_262_400_000_000_000n;
