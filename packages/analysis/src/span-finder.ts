import { hasId } from './distinct-spans.ts';
import type { Span } from './span.ts';
import type { TraceWarning } from './trace.ts';

/** A span in its place while the tree is built. */
export type Node = {
  span: Span;
  parent: Node | undefined;
  children: Node[];
  depth: number;
  start: number;
  end: number;
  index: number;
};

type SpanFinder = { readonly byId: Map<string, Node>; readonly parentOf: (node: Node) => Node | undefined };

/**
 * Finds the parent of each span. Caller and callee may share one id, as in Zipkin: then the callee's half is the child of
 * the caller's, and a child belongs to the half of its own service, else to the callee's.
 *
 * @see https://github.com/openzipkin/b3-propagation#why-is-parentspanid-propagated
 */
export function spanFinder(nodes: readonly Node[], warnings: TraceWarning[]): SpanFinder {
  const byId = new Map<string, Node>();
  const shared = new Map<string, SharedId>();
  for (const node of nodes) {
    const { spanId } = node.span;
    if (!hasId(spanId)) continue;
    const first = byId.get(spanId);
    if (first === undefined) byId.set(spanId, node);
    else shareId(shared, byId, first, node);
  }
  for (const [spanId, { halves }] of shared) {
    if (halves.length === 2 && halves.some(isCaller) && halves.some(isCallee)) continue;
    const message = `${halves.length} different spans have the id ${spanId}; all are shown.`;
    warnings.push({ kind: 'duplicate-span', spanId, message });
  }
  return { byId, parentOf: (node) => parentOf(node, byId, shared, warnings) };
}

/** The spans of one id. */
type SharedId = { readonly halves: Node[]; readonly byService: Map<string, Node>; callee: Node | undefined };

function shareId(shared: Map<string, SharedId>, byId: Map<string, Node>, first: Node, node: Node): void {
  const { spanId } = node.span;
  let id = shared.get(spanId);
  if (id === undefined) {
    id = { halves: [], byService: new Map(), callee: undefined };
    shared.set(spanId, id);
    addHalf(id, first);
  }
  addHalf(id, node);
  if (isCaller(node) && !isCaller(first)) byId.set(spanId, node);
}

function addHalf(id: SharedId, node: Node): void {
  const { service } = node.span.resource;
  id.halves.push(node);
  if (isCallee(node)) id.callee ??= node;
  if (isCallee(node) ? !isCallee(id.byService.get(service)) : !id.byService.has(service))
    id.byService.set(service, node);
}

function parentOf(
  node: Node,
  byId: ReadonlyMap<string, Node>,
  shared: ReadonlyMap<string, SharedId>,
  warnings: TraceWarning[],
): Node | undefined {
  const { spanId, parentSpanId, resource } = node.span;
  if (isCallee(node)) {
    const caller = byId.get(spanId);
    if (caller !== undefined && caller !== node && isCaller(caller)) return caller;
  }
  if (!hasId(parentSpanId)) return undefined;
  const id = shared.get(parentSpanId);
  const parent =
    id === undefined ? byId.get(parentSpanId) : (id.byService.get(resource.service) ?? id.callee ?? id.halves[0]);
  if (parent !== undefined) return parent;
  const message = `The parent ${parentSpanId} of span ${spanId} is missing; the span is shown as a root.`;
  warnings.push({ kind: 'orphan', spanId, message });
  return undefined;
}

const isCaller = (node: Node): boolean => node.span.kind === 'client' || node.span.kind === 'producer';

const isCallee = (node: Node | undefined): boolean => node?.span.kind === 'server' || node?.span.kind === 'consumer';
