import type { Attributes, TraceSpan } from '@throughline/analysis';
import type { Pairs, Rank, SpanDetails } from './messages.ts';

/** What the page shows of one span; times are relative to the start of its trace. */
export function spanDetails({ span }: TraceSpan, traceStart: bigint, rank: Rank): SpanDetails {
  return {
    spanId: span.spanId,
    ...(span.statusMessage !== undefined && { statusMessage: span.statusMessage }),
    ...(span.traceState !== undefined && { traceState: span.traceState }),
    attributes: pairs(span.attributes),
    resource: pairs(span.resource.attributes),
    ...(span.scope !== undefined && {
      scope: {
        name: span.scope.name,
        ...(span.scope.version !== undefined && { version: span.scope.version }),
      },
    }),
    events: span.events.map(({ name, timeUnixNano, attributes }) => ({
      name,
      time: Number(timeUnixNano - traceStart),
      attributes: pairs(attributes),
    })),
    links: span.links.map(({ traceId, spanId, attributes }) => ({ traceId, spanId, attributes: pairs(attributes) })),
    droppedAttributes: span.droppedAttributes ?? 0,
    droppedEvents: span.droppedEvents ?? 0,
    droppedLinks: span.droppedLinks ?? 0,
    rank,
  };
}

/** Attributes as a list: a key may be anything. */
export function pairs(attributes: Attributes): Pairs {
  return Object.entries(attributes);
}
