// Plans of call trees: what every service does when it is called, and whom it calls.

/**
 * How a call is made, and what its caller makes of it: `pass` fails when the callee does, `swallow` does not, `retry` tries
 * once more, `timeout` gives up before the callee has finished, `detached` answers without waiting for it.
 * @typedef {'pass' | 'swallow' | 'retry' | 'timeout' | 'detached'} Manner
 */

/**
 * @typedef {object} Call
 * @property {Manner} manner
 * @property {boolean} parallel With the calls after it.
 * @property {Node} callee
 */

/**
 * @typedef {object} Node
 * @property {number} service
 * @property {number} workMs
 * @property {'ok' | 'error' | 'flaky' | 'stream-error'} outcome `flaky` fails only the first time, `stream-error` after
 *   its response headers have left.
 * @property {Call[]} calls
 */

/** What is slow in all plans, in milliseconds; nothing else takes half as long on purpose. */
export const SLOW_MS = 1000;

/**
 * What makes a trace worth keeping, and where in the tree it happens; `ordinary` has nothing of it.
 * @type {Record<string, (random: Random) => Node>}
 */
export const SCENARIOS = {
  ordinary: (random) => tree(random, depth(random)),
  'error in the root': (random) => change(tree(random, depth(random)), { outcome: 'error' }),
  'error in a leaf': (random) => {
    const root = tree(random, depth(random));
    for (const { call } of pathTo(root, leaf(random, root))) call.manner = 'pass';
    return root;
  },
  'error swallowed': (random) => swallowed(random, 'swallow'),
  'error among parallel calls': (random) => {
    const root = node(
      random,
      range(3, 5).map(() => call(tree(random, random.between(0, 2)), true)),
    );
    change(random.of(root.calls).callee, { outcome: 'error' });
    return root;
  },
  retry: (random) => {
    const root = tree(random, depth(random));
    const failing = leaf(random, root);
    change(failing, { outcome: 'flaky' });
    for (const { call } of pathTo(root, failing).slice(-1)) call.manner = 'retry';
    return root;
  },
  timeout: (random) => {
    const root = tree(random, depth(random));
    const late = leaf(random, root, { outcome: 'ok', workMs: 450 });
    for (const { call } of pathTo(root, late).slice(-1)) call.manner = 'timeout';
    return root;
  },
  'fire and forget fails': (random) => swallowed(random, 'detached'),
  'stream breaks': (random) => {
    const root = tree(random, depth(random));
    change(leaf(random, root), { outcome: 'stream-error' });
    return root;
  },
  'slow root': (random) => change(tree(random, depth(random)), { workMs: SLOW_MS * 1.25 }),
  'slow leaf': (random) => {
    const root = tree(random, depth(random));
    leaf(random, root, { outcome: 'ok', workMs: SLOW_MS * 1.25 });
    return root;
  },
};

export const SERVICES = 4;

/** Random choices that a seed repeats (mulberry32). */
export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number between two, both included. @param {number} low @param {number} high */
  between(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** @template T @param {readonly T[]} items @returns {T} */
  of(items) {
    return /** @type {T} */ (items[this.between(0, items.length - 1)]);
  }
}

/** @param {Random} random */
function depth(random) {
  return random.between(1, 5);
}

/** A tree of at most so many levels below its root, 1 to 5 calls each, fewer further down. @param {Random} random @param {number} levels @returns {Node} */
function tree(random, levels) {
  const fanOut = levels === 0 ? 0 : random.between(1, levels > 3 ? 2 : levels > 1 ? 3 : 5);
  return node(
    random,
    range(1, fanOut).map((_, index) =>
      call(tree(random, index === 0 ? levels - 1 : random.between(0, Math.min(levels - 1, 1))), random.next() < 0.4),
    ),
  );
}

/** @param {Random} random @param {Call[]} calls @returns {Node} */
function node(random, calls) {
  return { service: random.between(0, SERVICES - 1), workMs: random.between(0, 6), outcome: 'ok', calls };
}

/** @param {Node} callee @param {boolean} parallel @returns {Call} */
function call(callee, parallel) {
  return { manner: 'pass', parallel, callee };
}

/** A tree in which an error ends at the caller of who makes it. @param {Random} random @param {Manner} manner */
function swallowed(random, manner) {
  const root = tree(random, depth(random));
  const failing = leaf(random, root);
  for (const { call } of pathTo(root, failing).slice(-1)) call.manner = manner;
  return root;
}

/** Changes one of the deepest nodes, by default to fail. @param {Random} random @param {Node} root @param {Partial<Node>} [changes] */
function leaf(random, root, changes = { outcome: 'error' }) {
  let node = root;
  while (node.calls.length > 0) node = random.of(node.calls).callee;
  return change(node, changes);
}

/** The calls from the root to a node. @param {Node} root @param {Node} goal @returns {{ call: Call }[]} */
function pathTo(root, goal) {
  for (const call of root.calls) {
    if (call.callee === goal) return [{ call }];
    const below = pathTo(call.callee, goal);
    if (below.length > 0) return [{ call }, ...below];
  }
  return [];
}

/** @param {Node} node @param {Partial<Node>} changes */
function change(node, changes) {
  return Object.assign(node, changes);
}

/** @param {number} low @param {number} high */
function range(low, high) {
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => low + index);
}
