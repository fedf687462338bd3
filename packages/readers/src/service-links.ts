import type { DependencyNode } from '@throughline/analysis';
import { fieldsOf, itemsOf } from './json-answer.ts';
import type { ServiceCalls, ServiceGraph } from './trace-source.ts';

/**
 * The graph of what Zipkin and Jaeger call dependency links: who called whom how often, without times. Zipkin counts
 * errors, and leaves the count out where there were none; Jaeger does not.
 */
export function graphOfLinks(links: unknown, { countErrors }: { countErrors: boolean }): ServiceGraph {
  const nodes = new Map<string, DependencyNode>();
  const edges = itemsOf(links).map((link): ServiceCalls => {
    const { parent, child, callCount, errorCount } = fieldsOf(link);
    const calls = numberOf(callCount);
    const ends = { from: nodeOf(String(parent)), to: nodeOf(String(child)), calls };
    if (!countErrors) return ends;
    const errors = numberOf(errorCount);
    return { ...ends, errors, errorRate: calls === 0 ? 0 : errors / calls };
  });
  const byName = (a: DependencyNode, b: DependencyNode) => (a.name < b.name ? -1 : 1);
  return { nodes: [...nodes.values()].sort(byName), edges };

  function nodeOf(name: string): DependencyNode {
    const node = nodes.get(name) ?? { name, kind: 'service' };
    nodes.set(name, node);
    return node;
  }
}

// Jaeger's JSON has large counts as text.
function numberOf(count: unknown): number {
  const number = Number(count ?? 0);
  return Number.isFinite(number) ? number : 0;
}
