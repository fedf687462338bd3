import { TwoGenerations } from './two-generations.ts';

const MAX_TRACES = 50_000;
const MAX_PEERS = 100;

/** Who has a part of which trace, or has been told that it is kept. */
export class TracePeers {
  readonly #peers: TwoGenerations<string | string[]>;

  /** @param ageMs how long a peer is remembered at least, if there are not too many */
  constructor(ageMs: number) {
    this.#peers = new TwoGenerations(MAX_TRACES, ageMs);
  }

  /** Adds a peer to a trace. Whether it is new there. */
  add(traceId: string, address: string): boolean {
    const peers = this.#peers.get(traceId);
    if (peers === address) return false;
    // Mostly there is one caller and no callee, or the other way round.
    if (peers === undefined) this.#peers.set(traceId, address);
    else if (typeof peers === 'string') this.#peers.set(traceId, [peers, address]);
    else if (peers.includes(address) || peers.length >= MAX_PEERS) return false;
    else peers.push(address);
    return true;
  }

  /** The peers of a trace, which are forgotten by that. */
  take(traceId: string): readonly string[] {
    const peers = this.#peers.get(traceId);
    if (peers === undefined) return [];
    this.#peers.delete(traceId);
    return typeof peers === 'string' ? [peers] : peers;
  }
}
