import type { Span } from '@throughline/analysis';

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
/** 2026-01-01 UTC. */
export const NOON = 1_767_225_600_000_000_000n;

/** A span id from a number. */
export const id = (number: number): string => number.toString(16).padStart(16, '0');

export type SpanShape = Partial<Omit<Span, 'resource'>> & {
  readonly service?: string;
  /** Nanoseconds since {@link NOON}. */
  readonly start?: number;
  readonly end?: number;
};

/** A span with what a test does not care about filled in: 100 ns long, of the service `shop`. */
export function makeSpan(spanId: string, shape: SpanShape = {}): Span {
  const { service = 'shop', start = 0, end = start + 100, ...rest } = shape;
  return {
    traceId: TRACE_ID,
    spanId,
    name: 'GET /',
    kind: 'internal',
    startUnixNano: NOON + BigInt(start),
    endUnixNano: NOON + BigInt(end),
    status: 'unset',
    attributes: {},
    events: [],
    links: [],
    resource: { service, attributes: {} },
    ...rest,
  };
}
