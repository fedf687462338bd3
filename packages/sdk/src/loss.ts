import { diag } from '@opentelemetry/api';
import type { HoldStats, PeerStats } from '@throughline/sampling';

/** What became of the sampled spans that have ended so far. Together they are all of them. */
export type SpanCounts = {
  /** The exporter has taken them. */
  readonly exported: number;
  /** The exporter, or the backend behind it, did not take them. */
  readonly failed: number;
  /** They ended while the queue was full, or after the shutdown, or were still waiting at its deadline. */
  readonly dropped: number;
  /** They wait for their turn, or are on their way. */
  readonly pending: number;
  /** With `crashSpool`: how many spans that earlier processes have left were exported by this one. */
  readonly recovered?: number;
  /** With `sampling.keep`: what became of the spans that were not sampled at their start. */
  readonly hold?: HoldStats;
  /** With `sampling.peers`: what became of the news about kept traces. */
  readonly peers?: PeerStats;
};

const REPORT_INTERVAL_MS = 60_000;

/** Counts what becomes of spans and warns of losses: of the first one at once, then once a minute at most. */
export class LossCounter {
  #exported = 0;
  #failed = 0;
  #dropped = 0;
  #reason = '';
  readonly #reported = { failed: 0, dropped: 0 };
  #timer: NodeJS.Timeout | undefined;

  get counts(): Omit<SpanCounts, 'pending'> {
    return { exported: this.#exported, failed: this.#failed, dropped: this.#dropped };
  }

  exported(spans: number): void {
    this.#exported += spans;
  }

  failed(spans: number, reason: string): void {
    this.#failed += spans;
    this.#reason = reason;
    this.#announce();
  }

  dropped(spans: number): void {
    this.#dropped += spans;
    this.#announce();
  }

  /** Warns of what was lost since the last warning, if anything was. */
  report(): void {
    const failed = this.#failed - this.#reported.failed;
    const dropped = this.#dropped - this.#reported.dropped;
    if (failed + dropped === 0) return;
    this.#reported.failed = this.#failed;
    this.#reported.dropped = this.#dropped;
    const failure = failed > 0 ? [`${failed} could not be exported (${this.#reason})`] : [];
    const drop = dropped > 0 ? [`${dropped} were dropped because too many were waiting or tracing had ended`] : [];
    diag.warn(`[sdk] Spans were lost: ${[...failure, ...drop].join(', ')}. Requests are not affected.`);
  }

  #announce(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const { failed, dropped } = this.#reported;
      if (this.#failed + this.#dropped > failed + dropped) this.#announce();
    }, REPORT_INTERVAL_MS).unref();
    // After the work at hand: what is lost together is reported together.
    setImmediate(() => this.report()).unref();
  }
}
