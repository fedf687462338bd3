import type { Span } from '@throughline/analysis';

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
export const OTHER_TRACE_ID = '0000000000000000c80319c0af765191';
/** 2026-01-01 UTC, in milliseconds. */
export const NEW_YEAR = 1_767_225_600_000;

/** A span id from a number. */
export const id = (number: number): string => number.toString(16).padStart(16, '0');

export type SpanShape = Partial<Omit<Span, 'resource'>> & {
  readonly service?: string;
  /** Milliseconds since {@link NEW_YEAR}. */
  readonly start?: number;
  readonly end?: number;
};

/** A span with what a test does not care about filled in: 10 ms long, of the service `shop`. */
export function makeSpan(spanId: number, shape: SpanShape = {}): Span {
  const { service = 'shop', start = 0, end = start + 10, ...rest } = shape;
  const at = (ms: number) => BigInt(NEW_YEAR + ms) * 1_000_000n;
  return {
    traceId: TRACE_ID,
    spanId: id(spanId),
    parentSpanId: undefined,
    traceState: undefined,
    flags: undefined,
    name: 'GET /',
    kind: 'internal',
    startUnixNano: at(start),
    endUnixNano: at(end),
    status: 'unset',
    statusMessage: undefined,
    attributes: {},
    events: [],
    links: [],
    resource: { service, attributes: { 'service.name': service } },
    scope: undefined,
    droppedAttributes: undefined,
    droppedEvents: undefined,
    droppedLinks: undefined,
    ...rest,
  };
}

/** A checkout that fails in its payment, and a look at a cart an hour later. */
export const shopSpans: readonly Span[] = [
  makeSpan(1, { service: 'web', name: 'POST /checkout', kind: 'server', end: 100, status: 'error' }),
  makeSpan(2, { service: 'web', name: 'POST', kind: 'client', parentSpanId: id(1), start: 10, end: 90 }),
  makeSpan(3, {
    service: 'payment',
    name: 'POST /pay',
    kind: 'server',
    parentSpanId: id(2),
    start: 12,
    end: 88,
    status: 'error',
    attributes: { 'http.response.status_code': 503, 'shop.tags': ['a', 'b'] },
  }),
  makeSpan(4, {
    traceId: OTHER_TRACE_ID,
    service: 'web',
    name: 'GET /cart',
    kind: 'server',
    start: 3_600_000,
    end: 3_600_005,
  }),
];
