import type { Trace, TraceSpan } from '@throughline/analysis';

/** A row of a waterfall: a span, or siblings that are alike. */
export type WaterfallRow = { readonly spans: readonly TraceSpan[]; readonly depth: number };

/** So many siblings in a row that do the same, and nothing below them, are one row. */
const ALIKE = 4;

/** The rows of a waterfall, top to bottom. */
export function waterfallRows(trace: Trace, fold: boolean): WaterfallRow[] {
  const rows: WaterfallRow[] = [];
  const { spans } = trace;
  for (let at = 0; at < spans.length; ) {
    const first = spans[at] as TraceSpan;
    let end = at + 1;
    // The spans come in the order of a waterfall, so that siblings without children follow each other.
    if (fold) while (end < spans.length && isAlike(first, spans[end] as TraceSpan)) end += 1;
    if (end - at < ALIKE) end = at + 1;
    rows.push({ spans: spans.slice(at, end), depth: first.depth });
    at = end;
  }
  return rows;
}

function isAlike(first: TraceSpan, other: TraceSpan): boolean {
  const [a, b] = [first.span, other.span];
  return (
    first.parent === other.parent &&
    first.parent !== undefined &&
    first.children.length === 0 &&
    other.children.length === 0 &&
    a.name === b.name &&
    a.kind === b.kind &&
    a.status === b.status &&
    a.resource.service === b.resource.service
  );
}
