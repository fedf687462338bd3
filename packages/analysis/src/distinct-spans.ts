import type { Span } from './span.ts';
import type { TraceWarning } from './trace.ts';

/**
 * The spans without those that were sent twice. Same id, kind and service is the same span: the longer record counts, as
 * the other one may have been sent before the span ended.
 */
export function distinctSpans(spans: readonly Span[], warnings: TraceWarning[]): Span[] {
  const places = new Map<string, number>();
  const kept: Span[] = [];
  for (const span of spans) {
    if (!hasId(span.spanId)) {
      warnings.push({
        kind: 'missing-id',
        spanId: span.spanId,
        message: 'A span has no id; it is shown without children.',
      });
      kept.push(span);
      continue;
    }
    // Most ids come once, so the longer key is made for the others only.
    let key = span.spanId;
    let place = places.get(key);
    if (place !== undefined && !isSame(kept[place] as Span, span)) {
      key = `${span.spanId} ${span.kind} ${span.resource.service}`;
      place = places.get(key);
    }
    if (place === undefined) {
      places.set(key, kept.push(span) - 1);
      continue;
    }
    kept[place] = moreComplete(kept[place] as Span, span);
    const message = `Span ${span.spanId} came twice; the longer record is shown.`;
    warnings.push({ kind: 'duplicate-span', spanId: span.spanId, message });
  }
  return kept;
}

/** Whether an id is one that a parent can be found by: neither empty nor all zeros. */
export function hasId(spanId: string | undefined): spanId is string {
  return spanId !== undefined && spanId !== '' && spanId !== '0000000000000000';
}

/** An order of spans that depends on nothing but what they say. */
export function compareSpans(a: Span, b: Span): number {
  return (
    compareTexts(a.spanId, b.spanId) ||
    compareTexts(a.kind, b.kind) ||
    compareTexts(a.resource.service, b.resource.service) ||
    compareTexts(canonical(a), canonical(b))
  );
}

function isSame(a: Span, b: Span): boolean {
  return a.kind === b.kind && a.resource.service === b.resource.service;
}

function moreComplete(a: Span, b: Span): Span {
  const longer = Number(a.endUnixNano - a.startUnixNano - (b.endUnixNano - b.startUnixNano));
  const order = longer || a.events.length - b.events.length || compareTexts(canonical(a), canonical(b));
  return order >= 0 ? a : b;
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function canonical(span: Span): string {
  return JSON.stringify(span, (_key, value) => (typeof value === 'bigint' ? `${value}` : value));
}
