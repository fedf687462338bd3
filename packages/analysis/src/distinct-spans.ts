import { compareTexts } from './collections.ts';
import type { Span } from './span.ts';
import type { TraceWarning } from './trace.ts';
import { warn } from './trace-warnings.ts';

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

/** Spans without repetitions. */
export type DistinctSpans = {
  readonly nodes: readonly Node[];
  /** Of each id the span that came first. */
  readonly byId: Map<string, Node>;
  /** The ids that different spans have. */
  readonly sharedIds: ReadonlySet<string>;
};

/** Of all spans without children, as most have none; frozen, so that nobody gives them some. */
export const NO_CHILDREN: Node[] = /* @__PURE__ */ Object.freeze([] as Node[]) as Node[];

/**
 * The spans without those that were sent twice. Same id, kind and service is the same span: the longer record counts, as
 * the other one may have been sent before the span ended.
 */
export function distinctSpans(spans: Iterable<Span>, warnings: TraceWarning[]): DistinctSpans {
  const nodes: Node[] = [];
  const byId = new Map<string, Node>();
  let ids = 0;
  for (const span of spans) {
    const node = { span, parent: undefined, children: NO_CHILDREN, depth: 0, start: 0, end: 0, index: -1 };
    nodes.push(node);
    const { spanId } = span;
    if (hasId(spanId)) {
      byId.set(spanId, node);
      ids += 1;
    } else warn(warnings, 'missing-id', spanId, 'A span has no id; it is shown without children.');
  }
  // Most ids come once, so longer keys are made only where one does not.
  return byId.size === ids ? { nodes, byId, sharedIds: new Set() } : withoutRepetitions(nodes, warnings);
}

function withoutRepetitions(nodes: readonly Node[], warnings: TraceWarning[]): DistinctSpans {
  const byId = new Map<string, Node>();
  const byKey = new Map<string, Node>();
  const sharedIds = new Set<string>();
  const distinct = nodes.filter((node) => {
    const { spanId, kind, resource } = node.span;
    if (!hasId(spanId)) return true;
    const key = `${spanId} ${kind} ${resource.service}`;
    const same = byKey.get(key);
    if (same !== undefined) {
      same.span = moreComplete(same.span, node.span);
      warn(warnings, 'duplicate-span', spanId, `Span ${spanId} came twice; the longer record is shown.`);
      return false;
    }
    byKey.set(key, node);
    if (byId.has(spanId)) sharedIds.add(spanId);
    else byId.set(spanId, node);
    return true;
  });
  return { nodes: distinct, byId, sharedIds };
}

/** Whether an id is one that a parent can be found by: neither empty nor all zeros. */
export function hasId(spanId: string | undefined): spanId is string {
  // One character tells of most ids; a part of a longer text, as ids may be, is compared slowly.
  return spanId !== undefined && spanId !== '' && (spanId.charCodeAt(0) !== 0x30 || spanId !== '0000000000000000');
}

/** The order of siblings: by start, then by nothing but what the spans say. */
export function bySiblingOrder(a: Node, b: Node): number {
  return (
    a.start - b.start ||
    compareTexts(a.span.spanId, b.span.spanId) ||
    compareTexts(a.span.kind, b.span.kind) ||
    compareTexts(a.span.resource.service, b.span.resource.service) ||
    compareTexts(canonical(a.span), canonical(b.span))
  );
}

function moreComplete(a: Span, b: Span): Span {
  const longer = Number(a.endUnixNano - a.startUnixNano - (b.endUnixNano - b.startUnixNano));
  const order = longer || a.events.length - b.events.length || compareTexts(canonical(a), canonical(b));
  return order >= 0 ? a : b;
}

function canonical(span: Span): string {
  return JSON.stringify(span, (_key, value) => (typeof value === 'bigint' ? `${value}` : value));
}
