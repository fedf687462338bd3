import { getOrMake } from './collections.ts';
import { bySiblingOrder, type DistinctSpans, hasId, type Node } from './distinct-spans.ts';
import type { TraceWarning } from './trace.ts';
import { warn } from './trace-warnings.ts';

/**
 * Finds the parent of each span. Caller and callee may share one id, as in Zipkin: then the callee's half is the child of
 * the caller's, and a child belongs to the half of its own service, else to the callee's. `byId` is made to have the
 * callers' halves.
 *
 * @see https://github.com/openzipkin/b3-propagation#why-is-parentspanid-propagated
 */
export function findParents(distinct: DistinctSpans, warnings: TraceWarning[]): void {
  const { nodes, byId } = distinct;
  const shared = sharedIds(distinct, warnings);
  for (const node of nodes) {
    const { spanId, parentSpanId } = node.span;
    const caller = shared.size > 0 && isCallee(node) ? byId.get(spanId) : undefined;
    if (isCaller(caller)) {
      node.parent = caller;
    } else if (hasId(parentSpanId)) {
      const id = shared.size > 0 ? shared.get(parentSpanId) : undefined;
      node.parent =
        id === undefined
          ? byId.get(parentSpanId)
          : (id.byService.get(node.span.resource.service) ?? id.callee ?? id.halves[0]);
      if (node.parent !== undefined) continue;
      warn(
        warnings,
        'orphan',
        spanId,
        `The parent ${parentSpanId} of span ${spanId} is missing; it is shown as a root.`,
      );
    }
  }
}

/** The spans of one id. */
type SharedId = {
  readonly halves: Node[];
  readonly byService: Map<string, Node>;
  callee: Node | undefined;
};

function sharedIds({ nodes, byId, sharedIds: ids }: DistinctSpans, warnings: TraceWarning[]): Map<string, SharedId> {
  const shared = new Map<string, SharedId>();
  if (ids.size === 0) return shared;
  const halves = nodes.filter(({ span }) => ids.has(span.spanId)).sort(bySiblingOrder);
  for (const node of halves) {
    const { spanId, resource } = node.span;
    const id = getOrMake(shared, spanId, newSharedId);
    if (id.halves.push(node) === 1 || (isCaller(node) && !isCaller(byId.get(spanId)))) byId.set(spanId, node);
    if (isCallee(node)) id.callee ??= node;
    if (isCallee(node) ? !isCallee(id.byService.get(resource.service)) : !id.byService.has(resource.service))
      id.byService.set(resource.service, node);
  }
  for (const [spanId, id] of shared) {
    if (id.halves.length === 2 && id.halves.some(isCaller) && id.halves.some(isCallee)) continue;
    warn(
      warnings,
      'duplicate-span',
      spanId,
      `${id.halves.length} different spans have the id ${spanId}; all are shown.`,
    );
  }
  return shared;
}

function newSharedId(): SharedId {
  return { halves: [], byService: new Map(), callee: undefined };
}

const isCaller = (node: Node | undefined): boolean => node?.span.kind === 'client' || node?.span.kind === 'producer';

const isCallee = (node: Node | undefined): boolean => node?.span.kind === 'server' || node?.span.kind === 'consumer';
