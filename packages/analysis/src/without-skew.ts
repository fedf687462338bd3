import { type ClockSkew, clockSkew } from './clock-skew.ts';
import type { Trace, TraceSpan } from './trace.ts';

/**
 * The trace as it would look if all hosts had the clock of the root's; the trace that is given and the recorded spans
 * stay as they are.
 */
export function withoutSkew(trace: Trace, skew: ClockSkew = clockSkew(trace)): Trace {
  if (skew.adjustments.length === 0) return trace;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { start, end, index } of trace.spans) {
    first = Math.min(first, start + (skew.offsets[index] ?? 0));
    last = Math.max(last, end + (skew.offsets[index] ?? 0));
  }
  const nodes: Node[] = [];
  const roots: Node[] = [];
  for (const { span, parent, depth, start, end, index } of trace.spans) {
    const shift = (skew.offsets[index] ?? 0) - first;
    const above = parent === undefined ? undefined : nodes[parent.index];
    const node: Node = { span, parent: above, children: [], depth, start: start + shift, end: end + shift, index };
    nodes.push(node);
    (above?.children ?? roots).push(node);
  }
  for (const { children } of nodes) if (children.length > 1) children.sort(byStart);

  const spans: Node[] = [];
  const open = roots.toReversed();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    node.index = spans.push(node) - 1;
    for (let at = node.children.length - 1; at >= 0; at -= 1) open.push(node.children[at] as Node);
  }
  return {
    ...trace,
    startUnixNano: trace.startUnixNano + BigInt(Math.round(first)),
    duration: last - first,
    roots,
    spans,
    byId: new Map(spans.map((node) => [node.span.spanId, node])),
    warnings: [
      ...trace.warnings,
      ...skew.adjustments.map(({ from, to, offset }) => ({
        kind: 'clock-skew' as const,
        spanId: '',
        message: `The clock of ${to} is ${Math.abs(offset)} ns ${offset < 0 ? 'ahead of' : 'behind'} that of ${from}; its spans were shifted.`,
      })),
    ],
  };
}

type Node = { -readonly [Key in keyof TraceSpan]: Key extends 'children' ? Node[] : TraceSpan[Key] };

// The trace that is read has siblings in a fixed order already, and sorting keeps it among equals.
function byStart(a: Node, b: Node): number {
  return a.start - b.start;
}
