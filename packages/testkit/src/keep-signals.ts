/** What subjects have told the signals of the kit, in order. */
export type HeardSignals = {
  /** Traces that a service called says are kept. */
  readonly kept: string[];
  /** Peers that have a part of a trace: `<trace id> <address>`. */
  readonly involved: string[];
  /** Calls without an answer: `<trace id> <host>`. */
  readonly missed: string[];
};

/** The header by which peers prove that they are. */
export const PEER_HEADER = 'throughline-peer';
/** The proof of the subject. */
export const OWN_PROOF = 'proof-of-the-subject';
/** The proof of another instance that knows the secret, and where it can be told of kept traces. */
export const PEER_PROOF = 'proof-of-a-peer';
export const PEER_ADDRESS = '127.0.0.1:9';

// The key by which packages agree on what tells peers of kept traces.
const HOLDER = Symbol.for('throughline.keep-signals');

/**
 * Stands in for the SDK: says that these traces are kept here, knows its peers by their proof, and notes what it is told, as
 * long as `use` runs.
 */
export async function withKeepSignals(
  keptTraces: Set<string>,
  use: (heard: HeardSignals) => Promise<void>,
): Promise<void> {
  const heard: HeardSignals = { kept: [], involved: [], missed: [] };
  const shared = globalThis as { [HOLDER]?: { current?: unknown } };
  shared[HOLDER] ??= {};
  const holder = shared[HOLDER];
  const before = holder.current;
  holder.current = {
    reachable: true,
    proof: () => OWN_PROOF,
    verify: (proof: string) => (proof === PEER_PROOF ? PEER_ADDRESS : undefined),
    isKept: (traceId: string) => keptTraces.has(traceId),
    keep: (traceId: string) => void heard.kept.push(traceId),
    involve: (traceId: string, address: string) => void heard.involved.push(`${traceId} ${address}`),
    meet: () => {},
    miss: (traceId: string, host: string) => void heard.missed.push(`${traceId} ${host}`),
  };
  try {
    await use(heard);
  } finally {
    holder.current = before;
  }
}
