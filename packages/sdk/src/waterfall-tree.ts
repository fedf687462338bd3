import type { WaterfallSpan } from './waterfall.ts';

/** A span in its place in the tree. */
export type TreeRow = {
  readonly span: WaterfallSpan;
  /** The lines that lead to the span. */
  readonly branch: string;
  /** The lines that pass by what is written below the span. */
  readonly guide: string;
};

/**
 * Puts spans into the order of a tree, parents before children, siblings by start. Every span appears exactly once,
 * whatever the parents say: one whose parent is missing (marked `⋯` when there are several roots) or part of a cycle is
 * a root. A span that was delivered twice appears once. Levels deeper than `maxDepth` share its indentation and say their
 * depth.
 */
export function treeRows(delivered: readonly WaterfallSpan[], maxDepth: number): TreeRow[] {
  const spans = withoutRepetitions(delivered).sort((one, other) => start(one) - start(other));
  const first = new Map<string, WaterfallSpan>();
  for (const span of spans) if (!first.has(span.spanId)) first.set(span.spanId, span);
  const children = new Map<WaterfallSpan, WaterfallSpan[]>();
  const roots: WaterfallSpan[] = [];
  for (const span of spans) {
    const parent = span.parentSpanId === undefined ? undefined : first.get(span.parentSpanId);
    if (parent === undefined || parent === span) roots.push(span);
    else if (children.has(parent)) children.get(parent)?.push(span);
    else children.set(parent, [span]);
  }
  return walk([...roots, ...cycleMembers(spans, roots, children)], children, maxDepth);
}

// An exporter that retries may deliver a span again. Two different spans with one id (Zipkin's shared spans) both stay.
function withoutRepetitions(spans: readonly WaterfallSpan[]): WaterfallSpan[] {
  const seen = new Set<string>();
  return spans.filter((span) => {
    const { spanId, service, name, kind, startMs, durationMs } = span;
    const key = JSON.stringify([spanId, service, name, kind, startMs, durationMs]);
    return seen.size < seen.add(key).size;
  });
}

/** The start to sort by; spans without a usable one come last. */
function start(span: WaterfallSpan): number {
  return Number.isFinite(span.startMs) ? span.startMs : Number.MAX_VALUE;
}

// One member of each cycle, the earliest, becomes a root.
function cycleMembers(
  spans: readonly WaterfallSpan[],
  roots: readonly WaterfallSpan[],
  children: ReadonlyMap<WaterfallSpan, readonly WaterfallSpan[]>,
): WaterfallSpan[] {
  const reached = new Set<WaterfallSpan>();
  const reach = (from: WaterfallSpan): void => {
    const pending = [from];
    for (let span = pending.pop(); span !== undefined; span = pending.pop()) {
      if (reached.has(span)) continue;
      reached.add(span);
      for (const child of children.get(span) ?? []) pending.push(child);
    }
  };
  for (const root of roots) reach(root);
  return spans.filter((span) => {
    if (reached.has(span)) return false;
    reach(span);
    return true;
  });
}

// Iterative, as a trace may be deeper than the call stack.
function walk(
  roots: readonly WaterfallSpan[],
  children: ReadonlyMap<WaterfallSpan, readonly WaterfallSpan[]>,
  maxDepth: number,
): TreeRow[] {
  const rows: TreeRow[] = [];
  const drawn = new Set<WaterfallSpan>();
  const marked = roots.length > 1;
  const pending = roots.map((span) => ({ span, prefix: '', depth: 0, last: true })).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { span, prefix, depth, last } = next;
    if (drawn.has(span)) continue;
    drawn.add(span);
    const below = (children.get(span) ?? []).filter((child) => !drawn.has(child));
    const inner = depth === 0 || depth > maxDepth ? prefix : prefix + (last ? '   ' : '│  ');
    const elbow = depth === 0 ? (marked && span.parentSpanId !== undefined ? '⋯ ' : '') : last ? '└─ ' : '├─ ';
    const deep = depth > maxDepth ? `${depth}·` : '';
    rows.push({ span, branch: prefix + deep + elbow, guide: inner + (below.length > 0 ? '│ ' : '  ') });
    for (let index = below.length - 1; index >= 0; index--) {
      const child = below[index] as WaterfallSpan;
      pending.push({ span: child, prefix: inner, depth: depth + 1, last: index === below.length - 1 });
    }
  }
  return rows;
}
