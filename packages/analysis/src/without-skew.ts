import { inOrder, latestEnd } from './build-trace.ts';
import { type ClockSkew, clockSkew } from './clock-skew.ts';
import { sortInPlace } from './collections.ts';
import type { Node } from './distinct-spans.ts';
import type { Trace } from './trace.ts';

/**
 * The trace as it would look if all hosts had the clock of the root's; the trace that is given and the recorded spans
 * stay as they are.
 */
export function withoutSkew(trace: Trace, skew: ClockSkew = clockSkew(trace)): Trace {
  if (skew.adjustments.length === 0) return trace;
  let first = Infinity;
  for (const { start, index } of trace.spans) first = Math.min(first, start + (skew.offsets[index] as number));
  const nodes: Node[] = [];
  const roots: Node[] = [];
  for (const { span, parent, depth, start, end, index } of trace.spans) {
    const shift = (skew.offsets[index] as number) - first;
    const above = parent === undefined ? undefined : nodes[parent.index];
    const node: Node = { span, parent: above, children: [], depth, start: start + shift, end: end + shift, index };
    nodes.push(node);
    (above?.children ?? roots).push(node);
  }
  for (const { children } of nodes) sortInPlace(children, byStart);

  const spans = inOrder(roots);
  return {
    ...trace,
    startUnixNano: trace.startUnixNano + BigInt(Math.round(first)),
    duration: latestEnd(spans),
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

// The trace that is read has siblings in a fixed order already, and sorting keeps it among equals.
function byStart(a: Node, b: Node): number {
  return a.start - b.start;
}
