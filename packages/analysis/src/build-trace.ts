import { compareSpans, distinctSpans, hasId } from './distinct-spans.ts';
import { groupByTrace } from './group-by-trace.ts';
import type { Span } from './span.ts';
import { type Node, spanFinder } from './span-finder.ts';
import type { Trace, TraceSpan, TraceWarning } from './trace.ts';
import { traceTimes } from './trace-times.ts';

/**
 * Makes a trace of spans in any order; the same spans in another order make the same trace. What is wrong with them
 * (orphans, several roots, duplicates, cycles, impossible times, spans of other traces) is repaired and told in
 * {@link Trace.warnings}; nothing throws. Takes O(n log n) time whatever the shape.
 *
 * Of several trace ids the most frequent one is the trace; without any span all is empty.
 */
export function buildTrace(spans: Iterable<Span>): Trace {
  const warnings: TraceWarning[] = [];
  const { traceId, own } = chooseTrace(spans, warnings);
  const distinct = distinctSpans(own, warnings);
  const { origin, starts, ends } = traceTimes(distinct, warnings);
  const nodes = distinct.map(
    (span, index): Node => ({
      span,
      parent: undefined,
      children: [],
      depth: 0,
      start: starts[index] as number,
      end: ends[index] as number,
      index: -1,
    }),
  );
  nodes.sort((a, b) => a.start - b.start || compareSpans(a.span, b.span));

  const { byId, parentOf } = spanFinder(nodes, warnings);
  for (const node of nodes) node.parent = parentOf(node);
  cutCycles(nodes, warnings);
  const roots = adopt(nodes, warnings);
  const ordered = inOrder(roots);
  warnOfServices(nodes, warnings);
  return {
    traceId,
    startUnixNano: origin,
    duration: nodes.reduce((latest, { end }) => Math.max(latest, end), 0),
    roots,
    spans: ordered,
    byId,
    warnings: warnings.sort(
      (a, b) => compare(a.kind, b.kind) || compare(a.spanId, b.spanId) || compare(a.message, b.message),
    ),
  };
}

function chooseTrace(spans: Iterable<Span>, warnings: TraceWarning[]): { traceId: string; own: readonly Span[] } {
  let traceId = '';
  let own: readonly Span[] = [];
  const traces = groupByTrace(spans);
  for (const [id, group] of traces) {
    if (group.length < own.length || (group.length === own.length && id > traceId)) continue;
    traceId = id;
    own = group;
  }
  for (const [id, group] of traces) {
    if (id === traceId) continue;
    const spanId = group.map((span) => span.spanId).sort()[0] ?? '';
    const message = `${group.length} spans belong to trace ${id} and were left out.`;
    warnings.push({ kind: 'other-trace', spanId, message });
  }
  return { traceId, own };
}

// Walks up from every span once; a walk that comes upon itself is a cycle, which is cut at its earliest span.
function cutCycles(nodes: readonly Node[], warnings: TraceWarning[]): void {
  const walks = new Map<Node, number>();
  for (const [walk, first] of nodes.entries()) {
    let node: Node | undefined = first;
    for (; node !== undefined && !walks.has(node); node = node.parent) walks.set(node, walk);
    if (node === undefined || walks.get(node) !== walk) continue;
    const cut = earliestOfCycle(node);
    const message = `Span ${cut.span.spanId} is its own ancestor; it is shown as a root.`;
    warnings.push({ kind: 'cycle', spanId: cut.span.spanId, message });
    cut.parent = undefined;
  }
}

function earliestOfCycle(start: Node): Node {
  let earliest = start;
  for (let node = start.parent; node !== undefined && node !== start; node = node.parent) {
    const order = node.start - earliest.start || compareSpans(node.span, earliest.span);
    if (order < 0) earliest = node;
  }
  return earliest;
}

// The nodes come in the order of siblings.
function adopt(nodes: readonly Node[], warnings: TraceWarning[]): Node[] {
  const roots: Node[] = [];
  const strays: Node[] = [];
  for (const node of nodes) {
    if (node.parent !== undefined) node.parent.children.push(node);
    else if (hasId(node.span.parentSpanId)) strays.push(node);
    else roots.push(node);
  }
  if (roots.length > 1) {
    const message = `${roots.length} spans have no parent; the earliest one counts as the root.`;
    warnings.push({ kind: 'several-roots', spanId: roots[0]?.span.spanId ?? '', message });
  }
  return roots.concat(strays);
}

// Depth first with a stack of its own: traces of 100,000 levels exist.
function inOrder(roots: readonly Node[]): TraceSpan[] {
  const ordered: Node[] = [];
  const open = roots.toReversed();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    node.index = ordered.push(node) - 1;
    for (let at = node.children.length - 1; at >= 0; at--) {
      const child = node.children[at] as Node;
      child.depth = node.depth + 1;
      open.push(child);
    }
  }
  return ordered;
}

function warnOfServices(nodes: readonly Node[], warnings: TraceWarning[]): void {
  const nameless = nodes.filter(({ span }) => span.resource.service === '');
  if (nameless[0] === undefined) return;
  const message = `${nameless.length} spans do not name their service.`;
  warnings.push({ kind: 'missing-service', spanId: nameless[0].span.spanId, message });
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
