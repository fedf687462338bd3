import { compareTexts, sortInPlace } from './collections.ts';
import { bySiblingOrder, distinctSpans, hasId, NO_CHILDREN, type Node } from './distinct-spans.ts';
import { groupByTrace } from './group-by-trace.ts';
import type { Span } from './span.ts';
import { findParents } from './span-finder.ts';
import type { Trace, TraceWarning } from './trace.ts';
import { setTimes } from './trace-times.ts';
import { warn } from './trace-warnings.ts';

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
  const { nodes, byId } = distinct;
  const startUnixNano = setTimes(nodes, warnings);
  findParents(distinct, warnings);
  let roots = adopt(nodes);
  let ordered = inOrder(roots);
  if (ordered.length < nodes.length) {
    // What no root leads to hangs on a cycle.
    cutCycles(nodes, warnings);
    roots = adopt(nodes);
    ordered = inOrder(roots);
  }
  warnOfRoots(roots, warnings);
  warnOfServices(nodes, warnings);
  return {
    traceId,
    startUnixNano,
    duration: latestEnd(nodes),
    roots,
    spans: ordered,
    byId,
    warnings: warnings.sort(
      (a, b) => compareTexts(a.kind, b.kind) || compareTexts(a.spanId, b.spanId) || compareTexts(a.message, b.message),
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
    warn(warnings, 'other-trace', spanId, `${group.length} spans belong to trace ${id} and were left out.`);
  }
  return { traceId, own };
}

// Gives every span its children and returns the roots.
function adopt(nodes: readonly Node[]): Node[] {
  const roots: Node[] = [];
  const strays: Node[] = [];
  for (const node of nodes) node.children = NO_CHILDREN;
  for (const node of nodes) {
    const { parent } = node;
    if (parent === undefined) (hasId(node.span.parentSpanId) ? strays : roots).push(node);
    // A list that starts with its first item has no room to spare, which most never need.
    else if (parent.children.length === 0) parent.children = [node];
    else parent.children.push(node);
  }
  for (const { children } of nodes) sortInPlace(children, bySiblingOrder);
  return sortInPlace(roots, bySiblingOrder).concat(sortInPlace(strays, bySiblingOrder));
}

/** All spans below these, depth first, told their depths and places; with a stack of its own: traces of 100,000 levels exist. */
export function inOrder(roots: readonly Node[]): Node[] {
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

/** When the last of these spans ends. */
export function latestEnd(nodes: readonly Node[]): number {
  return nodes.reduce((latest, { end }) => Math.max(latest, end), 0);
}

// Walks up from every span once; a walk that comes upon itself is a cycle, which is cut at its earliest span.
function cutCycles(nodes: readonly Node[], warnings: TraceWarning[]): void {
  const walks = new Map<Node, number>();
  for (const [walk, first] of nodes.entries()) {
    let node: Node | undefined = first;
    for (; node !== undefined && !walks.has(node); node = node.parent) walks.set(node, walk);
    if (node === undefined || walks.get(node) !== walk) continue;
    const cut = earliestOfCycle(node);
    warn(warnings, 'cycle', cut.span.spanId, `Span ${cut.span.spanId} is its own ancestor; it is shown as a root.`);
    cut.parent = undefined;
  }
}

function earliestOfCycle(start: Node): Node {
  let earliest = start;
  for (let node = start.parent; node !== undefined && node !== start; node = node.parent)
    if (bySiblingOrder(node, earliest) < 0) earliest = node;
  return earliest;
}

function warnOfRoots(roots: readonly Node[], warnings: TraceWarning[]): void {
  const count = roots.filter(({ span }) => !hasId(span.parentSpanId)).length;
  if (count < 2) return;
  warn(
    warnings,
    'several-roots',
    roots[0]?.span.spanId ?? '',
    `${count} spans have no parent; the earliest one counts as the root.`,
  );
}

function warnOfServices(nodes: readonly Node[], warnings: TraceWarning[]): void {
  const nameless = nodes.filter(({ span }) => span.resource.service === '');
  if (nameless.length === 0) return;
  const { span } = nameless.reduce((first, node) => (bySiblingOrder(node, first) < 0 ? node : first));
  warn(warnings, 'missing-service', span.spanId, `${nameless.length} spans do not name their service.`);
}
