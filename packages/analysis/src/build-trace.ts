import { compareTexts } from './collections.ts';
import { bySiblingOrder, distinctSpans, hasId, NO_CHILDREN, type Node } from './distinct-spans.ts';
import { groupByTrace } from './group-by-trace.ts';
import type { Span } from './span.ts';
import { findParents } from './span-finder.ts';
import type { Trace, TraceWarning } from './trace.ts';
import { setTimes } from './trace-times.ts';

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
    duration: nodes.reduce((latest, { end }) => Math.max(latest, end), 0),
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
    const message = `${group.length} spans belong to trace ${id} and were left out.`;
    warnings.push({ kind: 'other-trace', spanId, message });
  }
  return { traceId, own };
}

// Gives every span its children and returns the roots. Children are counted first, so that each list is made at once and
// as long as it has to be: for 100,000 spans that takes half of what growing lists do.
function adopt(nodes: readonly Node[]): Node[] {
  for (const [index, node] of nodes.entries()) node.index = index;
  const ends = new Int32Array(nodes.length);
  const roots: Node[] = [];
  const strays: Node[] = [];
  for (const node of nodes) {
    if (node.parent !== undefined) ends[node.parent.index] = (ends[node.parent.index] as number) + 1;
    else if (hasId(node.span.parentSpanId)) strays.push(node);
    else roots.push(node);
  }
  for (let index = 1; index < ends.length; index += 1)
    ends[index] = (ends[index] as number) + (ends[index - 1] as number);
  const families: Node[] = new Array(nodes.length - roots.length - strays.length);
  for (let index = nodes.length - 1; index >= 0; index -= 1) {
    const node = nodes[index] as Node;
    if (node.parent === undefined) continue;
    const place = (ends[node.parent.index] as number) - 1;
    ends[node.parent.index] = place;
    families[place] = node;
  }
  for (const node of nodes) {
    const [start = 0, end = families.length] = [ends[node.index], ends[node.index + 1]];
    node.children = start === end ? NO_CHILDREN : inSiblingOrder(families.slice(start, end));
  }
  return inSiblingOrder(roots).concat(inSiblingOrder(strays));
}

// Most come sorted.
function inSiblingOrder(siblings: Node[]): Node[] {
  for (let at = 1; at < siblings.length; at += 1)
    if (bySiblingOrder(siblings[at - 1] as Node, siblings[at] as Node) > 0) return siblings.sort(bySiblingOrder);
  return siblings;
}

// Depth first with a stack of its own: traces of 100,000 levels exist.
function inOrder(roots: readonly Node[]): Node[] {
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
  for (let node = start.parent; node !== undefined && node !== start; node = node.parent)
    if (bySiblingOrder(node, earliest) < 0) earliest = node;
  return earliest;
}

function warnOfRoots(roots: readonly Node[], warnings: TraceWarning[]): void {
  const count = roots.filter(({ span }) => !hasId(span.parentSpanId)).length;
  if (count < 2) return;
  const message = `${count} spans have no parent; the earliest one counts as the root.`;
  warnings.push({ kind: 'several-roots', spanId: roots[0]?.span.spanId ?? '', message });
}

function warnOfServices(nodes: readonly Node[], warnings: TraceWarning[]): void {
  const nameless = nodes.filter(({ span }) => span.resource.service === '');
  if (nameless.length === 0) return;
  const { span } = nameless.reduce((first, node) => (bySiblingOrder(node, first) < 0 ? node : first));
  const message = `${nameless.length} spans do not name their service.`;
  warnings.push({ kind: 'missing-service', spanId: span.spanId, message });
}
