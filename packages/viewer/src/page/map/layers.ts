/** A node's place: which column, and which row of that column. */
export type Place = { readonly layer: number; readonly row: number };
export type Arrow = { readonly from: number; readonly to: number };

const SWEEPS = 6;

/**
 * Places nodes in columns so that arrows lead to the right wherever there is no cycle, and in an order that crosses few of
 * them: Sugiyama's method with longest paths and barycentres.
 */
export function layersOf(nodeCount: number, arrows: readonly Arrow[]): Place[] {
  const forward = withoutCycles(nodeCount, arrows);
  const layers = longestPaths(nodeCount, forward);
  const columns: number[][] = [];
  for (let node = 0; node < nodeCount; node++) {
    const layer = layers[node] ?? 0;
    columns[layer] ??= [];
    columns[layer]?.push(node);
  }
  const row = new Array<number>(nodeCount).fill(0);
  const number = (column: readonly number[]) => {
    // Columns are centred, so rows of columns of different length can be compared.
    for (const [index, node] of column.entries()) row[node] = index - (column.length - 1) / 2;
  };
  for (const column of columns) number(column);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    for (const column of isForth ? columns : columns.toReversed()) {
      const weight = new Map<number, number>();
      for (const node of column) {
        const others = forward
          .filter(({ from, to }) => (isForth ? to : from) === node)
          .map(({ from, to }) => row[isForth ? from : to] ?? 0);
        weight.set(node, others.length === 0 ? (row[node] ?? 0) : others.reduce((a, b) => a + b) / others.length);
      }
      column.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
      number(column);
    }
  }
  return layers.map((layer, node) => ({ layer, row: row[node] ?? 0 }));
}

/** The arrows without those that close a cycle. */
function withoutCycles(nodeCount: number, arrows: readonly Arrow[]): Arrow[] {
  const outgoing = new Map<number, Arrow[]>();
  const hasCaller = new Set<number>();
  for (const arrow of arrows) {
    if (arrow.from === arrow.to) continue;
    hasCaller.add(arrow.to);
    const others = outgoing.get(arrow.from);
    if (others === undefined) outgoing.set(arrow.from, [arrow]);
    else others.push(arrow);
  }
  const kept: Arrow[] = [];
  const state = new Uint8Array(nodeCount);
  const all = Array.from({ length: nodeCount }, (_, node) => node);
  for (const start of [...all.filter((node) => !hasCaller.has(node)), ...all]) {
    if (state[start] !== 0) continue;
    const stack: { node: number; next: number }[] = [{ node: start, next: 0 }];
    state[start] = 1;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const arrow = outgoing.get(top.node)?.[top.next++];
      if (arrow === undefined) {
        state[top.node] = 2;
        stack.pop();
      } else if (state[arrow.to] !== 1) {
        kept.push(arrow);
        if (state[arrow.to] === 0) {
          state[arrow.to] = 1;
          stack.push({ node: arrow.to, next: 0 });
        }
      }
    }
  }
  return kept;
}

function longestPaths(nodeCount: number, arrows: readonly Arrow[]): number[] {
  const layers = new Array<number>(nodeCount).fill(0);
  const open = new Array<number>(nodeCount).fill(0);
  for (const { to } of arrows) open[to] = (open[to] ?? 0) + 1;
  const ready = layers.map((_, node) => node).filter((node) => open[node] === 0);
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    for (const { from, to } of arrows) {
      if (from !== node) continue;
      layers[to] = Math.max(layers[to] ?? 0, (layers[node] ?? 0) + 1);
      open[to] = (open[to] ?? 0) - 1;
      if (open[to] === 0) ready.push(to);
    }
  }
  return layers;
}
