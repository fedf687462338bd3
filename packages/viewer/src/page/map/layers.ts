/** A node's place: which column, and which row of that column. */
export type Place = { readonly layer: number; readonly row: number };
export type Arrow = { readonly from: number; readonly to: number };

const SWEEPS = 6;
/** With more of them, arrows run straight. */
const MOST_PLACES = 5000;

/** Where everything is: a place for each node, and for each arrow the places it passes between its ends. */
export type Layout = { readonly places: readonly Place[]; readonly bends: readonly (readonly Place[])[] };

/**
 * Places nodes in columns so that arrows lead to the right wherever there is no cycle, and in an order that crosses few of
 * them: Sugiyama's method with longest paths and barycentres. Arrows have a place in each column they pass, as nodes have,
 * and so do not run behind any.
 */
export function layersOf(nodeCount: number, arrows: readonly Arrow[]): Layout {
  const known = arrows.filter(({ from, to }) => from >= 0 && to >= 0);
  const layers = longestPaths(nodeCount, withoutCycles(nodeCount, known));
  const callers: number[][] = layers.map(() => []);
  const callees: number[][] = layers.map(() => []);
  const passed = arrows.map(({ from, to }) => {
    const [first, last] = [layers[from] ?? 0, layers[to] ?? 0];
    if (from < 0 || to < 0 || last <= first) return [];
    const steps = layers.length < MOST_PLACES ? last - first - 1 : 0;
    const between = Array.from({ length: steps }, (_, index) => layers.push(first + 1 + index) - 1);
    for (const [index, node] of [...between, to].entries()) {
      const before = index === 0 ? from : (between[index - 1] as number);
      callers[node] = [...(callers[node] ?? []), before];
      callees[before] = [...(callees[before] ?? []), node];
    }
    return between;
  });
  const columns: number[][] = [];
  for (const [node, layer] of layers.entries()) {
    columns[layer] ??= [];
    columns[layer]?.push(node);
  }
  const row = new Array<number>(layers.length).fill(0);
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
        const others = ((isForth ? callers : callees)[node] ?? []).map((other) => row[other] ?? 0);
        weight.set(node, others.length === 0 ? (row[node] ?? 0) : others.reduce((a, b) => a + b) / others.length);
      }
      column.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
      number(column);
    }
  }
  const places = layers.map((layer, node) => ({ layer, row: row[node] ?? 0 }));
  return {
    places: places.slice(0, nodeCount),
    bends: passed.map((nodes) => nodes.map((node) => places[node] as Place)),
  };
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
