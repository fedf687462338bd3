/** What became of the news about kept traces that peers tell each other. */
export type PeerStats = {
  /** Traces that were held here and are kept because a peer keeps them. */
  readonly kept: number;
  /** Kept traces that peers were told of: so many traces and peers. */
  readonly told: number;
  /** Parts of traces that began here with a message of a peer, which it was told of. */
  readonly announced: number;
  /** Those of both that peers could not be told of, because too many waited, or the peer was away for too long. */
  readonly dropped: number;
  /** Headers and messages that somebody made up who does not know the secret. */
  readonly forged: number;
  /** Headers and messages whose time is over, and messages that came before. */
  readonly replayed: number;
  /** Headers and messages that are no such thing, or too long. */
  readonly malformed: number;
  /** Messages that were not read because too many came. */
  readonly refused: number;
};

/** Counts what becomes of the news. */
export class PeerCounter {
  kept = 0;
  told = 0;
  announced = 0;
  dropped = 0;
  forged = 0;
  replayed = 0;
  malformed = 0;
  refused = 0;

  stats(): PeerStats {
    const { kept, told, announced, dropped, forged, replayed, malformed, refused } = this;
    return { kept, told, announced, dropped, forged, replayed, malformed, refused };
  }
}
