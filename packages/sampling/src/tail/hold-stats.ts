import type { KeepReason } from './verdicts.ts';

/**
 * What became of the spans that ended without being sampled. Together, `held` to `shed` are all of them; those of kept
 * traces that were sampled from then on count as `kept` too.
 */
export type HoldStats = {
  /** About how much memory held spans take. */
  readonly heldBytes: number;
  /** They are held. */
  readonly held: number;
  /** A rule or `keepTrace()` kept their trace. */
  readonly kept: number;
  /** Nothing was to be seen in their trace while it was held. */
  readonly dropped: number;
  /** They had to go before their time for lack of room. */
  readonly evicted: number;
  /** They ended after their trace was dropped. */
  readonly late: number;
  /** Their trace was too long. */
  readonly omitted: number;
  /** They were not held, because the process was about to run out of memory. */
  readonly shed: number;
  /** How many traces were kept, by reason. */
  readonly keptTraces: Readonly<Partial<Record<KeepReason, number>>>;
  /** How many traces a rule would have kept if there had not been too many of them. */
  readonly overBudget: number;
};

/** Counts what becomes of spans. */
export class HoldCounter {
  kept = 0;
  late = 0;
  omitted = 0;
  overBudget = 0;
  shed = 0;
  readonly #keptTraces: Partial<Record<KeepReason, number>> = {};
  #dropped = 0;
  #evicted = 0;

  keptTrace(reason: KeepReason): void {
    this.#keptTraces[reason] = (this.#keptTraces[reason] ?? 0) + 1;
  }

  /** Counts a trace that was dropped with so many spans. */
  dropped({ omitted }: { readonly omitted: number }, spans: number, evicted: boolean): void {
    if (evicted) this.#evicted += spans;
    else this.#dropped += spans;
    this.omitted += omitted;
  }

  /** What became of all spans; `lost` were given up alone, without their trace. */
  stats({ bytes, spans }: { readonly bytes: number; readonly spans: number }, lost: number): HoldStats {
    const { kept, late, omitted, overBudget, shed } = this;
    const [dropped, evicted] = [this.#dropped, this.#evicted + lost];
    const keptTraces = { ...this.#keptTraces };
    return { heldBytes: bytes, held: spans, kept, dropped, evicted, late, omitted, shed, keptTraces, overBudget };
  }
}
