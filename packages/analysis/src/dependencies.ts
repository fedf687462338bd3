import { adjustedCount } from './adjusted-count.ts';
import { byKey, getOrMake } from './collections.ts';
import { type NodeKind, peerOf } from './peer.ts';
import { CallCounter, type CallStatistics } from './statistics.ts';
import type { Trace, TraceSpan } from './trace.ts';

/** A service, or something that services use and that records no spans. */
export type DependencyNode = { readonly name: string; readonly kind: NodeKind };

/** All calls from one node to another; the node at each end by kind and name. */
export type DependencyEdge = CallStatistics & {
  readonly from: DependencyNode;
  readonly to: DependencyNode;
  /** What was called, by the name of the callee's span, or of the caller's where the callee recorded none. */
  readonly operations: readonly (CallStatistics & { readonly name: string })[];
};

/** Who calls whom, nodes and edges by name. */
export type Dependencies = { readonly nodes: readonly DependencyNode[]; readonly edges: readonly DependencyEdge[] };

/**
 * Gathers who calls whom from traces that come one by one, and keeps none of them. The rules are those of Zipkin's
 * linker: a call that both sides recorded counts once, with the callee's name for itself; a caller's span without any
 * remote span below it counts as a call of the database, queue or host it names; producers and consumers count with their
 * broker, if they name it.
 */
export class DependencyGraph {
  readonly #edges = new Map<string, Edge>();

  add(trace: Trace): void {
    const { spans } = trace;
    const hasRemoteBelow = new Uint8Array(spans.length);
    for (let index = spans.length - 1; index > 0; index -= 1) {
      const { parent, span } = spans[index] as TraceSpan;
      if (parent !== undefined && (span.kind !== 'internal' || hasRemoteBelow[index] === 1))
        hasRemoteBelow[parent.index] = 1;
    }
    // Of each span the nearest ancestor that takes part in an exchange.
    const remote: (TraceSpan | undefined)[] = new Array(spans.length);
    for (const span of spans) {
      const { parent, index } = span;
      if (parent !== undefined) remote[index] = parent.span.kind === 'internal' ? remote[parent.index] : parent;
      this.#link(span, remote[index], hasRemoteBelow[index] === 1);
    }
  }

  /** The graph of all traces so far. A peer that records spans itself, elsewhere, is that service. */
  result(): Dependencies {
    const nodes = new Map<string, DependencyNode>();
    const ends = [...this.#edges.values()].flatMap(({ from, to }) => [from, to]);
    const services = new Map(ends.filter(({ kind }) => kind === 'service').map((node) => [node.name, node]));
    const edges = new Map<string, Edge>();
    for (const edge of this.#edges.values()) {
      const [from, to] = [edge.from, edge.to].map((node) => {
        const known = node.kind === 'peer' ? (services.get(node.name) ?? node) : node;
        nodes.set(keyOf(known), known);
        return known;
      }) as [DependencyNode, DependencyNode];
      const merged = edgeOf(edges, from, to);
      merged.calls.merge(edge.calls);
      for (const [name, counter] of edge.operations) getOrMake(merged.operations, name, newCounter).merge(counter);
    }
    return {
      nodes: [...nodes].sort(byKey).map(([, node]) => node),
      edges: [...edges].sort(byKey).map(([, { from, to, calls, operations }]) => ({
        from,
        to,
        ...calls.result(),
        operations: [...operations].sort(byKey).map(([name, counter]) => ({ name, ...counter.result() })),
      })),
    };
  }

  #link(span: TraceSpan, ancestor: TraceSpan | undefined, hasRemoteBelow: boolean): void {
    const { kind } = span.span;
    const service = serviceOf(span);
    if (kind === 'server') {
      // A server within a server of its own service is a layer of one process, not a call.
      if (ancestor?.span.kind === 'server' && ancestor.span.resource.service === span.span.resource.service) return;
      const caller = ancestor === undefined ? peerOf(span.span) : serviceOf(ancestor);
      const call =
        ancestor !== undefined && span.parent === ancestor && ancestor.span.kind === 'client' ? ancestor : span;
      this.#count(caller, service, span, call, isError(span) || isError(call));
      return;
    }
    if (kind === 'consumer') {
      this.#count(peerOf(span.span), service, span, span, isError(span));
      return;
    }
    if (kind === 'client' && ancestor !== undefined && ancestor.span.resource.service !== span.span.resource.service) {
      if (!hasRemoteBelow) this.#count(serviceOf(ancestor), service, span, span, false);
    }
    if (kind === 'client' && hasRemoteBelow) return;
    const peer = peerOf(span.span);
    if (peer === undefined || (kind === 'internal' && peer.kind === 'queue')) return;
    this.#count(service ?? (ancestor && serviceOf(ancestor)), peer, span, span, isError(span));
  }

  #count(
    from: DependencyNode | undefined,
    to: DependencyNode | undefined,
    span: TraceSpan,
    call: TraceSpan,
    error: boolean,
  ) {
    if (from === undefined || to === undefined) return;
    const edge = edgeOf(this.#edges, from, to);
    const weight = adjustedCount(span.span);
    edge.calls.add(call.end - call.start, error, weight);
    getOrMake(edge.operations, span.span.name, newCounter).add(call.end - call.start, error, weight);
  }
}

type Edge = {
  readonly from: DependencyNode;
  readonly to: DependencyNode;
  readonly calls: CallCounter;
  readonly operations: Map<string, CallCounter>;
};

/** Who calls whom in these traces; see {@link DependencyGraph} for traces that come one by one. */
export function dependencies(traces: Iterable<Trace>): Dependencies {
  const graph = new DependencyGraph();
  for (const trace of traces) graph.add(trace);
  return graph.result();
}

function edgeOf(edges: Map<string, Edge>, from: DependencyNode, to: DependencyNode): Edge {
  const key = `${keyOf(from)}\n${keyOf(to)}`;
  return getOrMake(edges, key, () => ({ from, to, calls: newCounter(), operations: new Map() }));
}

function newCounter(): CallCounter {
  return new CallCounter();
}

function serviceOf({ span }: TraceSpan): DependencyNode | undefined {
  return span.resource.service === '' ? undefined : { kind: 'service', name: span.resource.service };
}

function isError({ span }: TraceSpan): boolean {
  return span.status === 'error';
}

function keyOf({ kind, name }: DependencyNode): string {
  return `${name}\n${kind}`;
}
