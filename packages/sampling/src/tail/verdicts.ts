import type { Threshold } from '../threshold.ts';

/** Why a trace was kept, and by which share that stands for others. */
export type Verdict = { readonly reason: KeepReason; readonly threshold: Threshold };

/**
/**
 * Why a trace was kept: by a rule (`log` is a line of the level error), because `keepTrace()` was called, because its caller
 * sampled it after all, or because another service of the same trace keeps it.
 */
export type KeepReason = 'error' | 'slow' | 'log' | 'explicit' | 'caller' | 'peer';

/** So many decisions of each kind are remembered for certain, and at most twice as many. */
export const MIN_VERDICTS = 5000;

/** What was decided about traces, for spans that come later. Old decisions are forgotten, thousands at a time. */
export class Verdicts {
  #kept = new Map<string, Verdict>();
  #keptBefore = this.#kept;
  #dropped = new Set<string>();
  #droppedBefore = this.#dropped;

  keep(traceId: string, verdict: Verdict): void {
    if (this.#kept.size >= MIN_VERDICTS) {
      this.#keptBefore = this.#kept;
      this.#kept = new Map();
    }
    this.#kept.set(traceId, verdict);
  }

  drop(traceId: string): void {
    if (this.#dropped.size >= MIN_VERDICTS) {
      this.#droppedBefore = this.#dropped;
      this.#dropped = new Set();
    }
    this.#dropped.add(traceId);
  }

  kept(traceId: string): Verdict | undefined {
    return this.#kept.get(traceId) ?? this.#keptBefore.get(traceId);
  }

  wasDropped(traceId: string): boolean {
    return this.#dropped.has(traceId) || this.#droppedBefore.has(traceId);
  }
}
