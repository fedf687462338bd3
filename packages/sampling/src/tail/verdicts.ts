import type { Threshold } from '../threshold.ts';
import type { TraceWords } from '../trace-id.ts';
import { TraceIdSet } from './trace-id-set.ts';

/** Why a trace was kept, and by which share that stands for others. */
export type Verdict = { readonly reason: KeepReason; readonly threshold: Threshold };

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
  #dropped = new TraceIdSet(MIN_VERDICTS);
  #droppedBefore = new TraceIdSet(MIN_VERDICTS);

  keep(traceId: string, verdict: Verdict): void {
    if (this.#kept.size >= MIN_VERDICTS) {
      this.#keptBefore = this.#kept;
      this.#kept = new Map();
    }
    this.#kept.set(traceId, verdict);
  }

  drop(id: TraceWords): void {
    if (this.#dropped.size >= MIN_VERDICTS) {
      const oldest = this.#droppedBefore;
      this.#droppedBefore = this.#dropped;
      this.#dropped = oldest;
      oldest.clear();
    }
    this.#dropped.add(id);
  }

  kept(traceId: string): Verdict | undefined {
    if (this.#kept.size === 0) return undefined;
    return this.#kept.get(traceId) ?? this.#keptBefore.get(traceId);
  }

  wasDropped(id: TraceWords): boolean {
    return this.#dropped.has(id) || this.#droppedBefore.has(id);
  }
}
