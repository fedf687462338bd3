import { type BatchObservableCallback, type MeterProvider, metrics, type Observable } from '@opentelemetry/api';
import { VERSION } from '@throughline/core';
import type { HoldStats } from './hold-stats.ts';

/**
 * Reports what a hold does to the meter provider that is registered with `@opentelemetry/api`, if there is one, and to another
 * one when that takes its place. The instruments are asked, so nothing is done between two collections.
 */
export class HoldMetrics {
  readonly #stats: () => HoldStats;
  #provider: MeterProvider | undefined;
  #detach = (): void => {};

  constructor(stats: () => HoldStats) {
    this.#stats = stats;
  }

  /** To be called now and then: the API does not tell when a provider is registered. */
  attach(): void {
    const provider = metrics.getMeterProvider();
    if (provider === this.#provider) return;
    this.#detach();
    this.#provider = provider;
    const meter = provider.getMeter('@throughline/sampling', VERSION);
    const memory = meter.createObservableUpDownCounter('throughline.hold.memory', {
      unit: 'By',
      description: 'About how much memory held spans take.',
    });
    const held = meter.createObservableUpDownCounter('throughline.hold.spans', {
      unit: '{span}',
      description: 'Spans that are held.',
    });
    const decided = meter.createObservableCounter('throughline.hold.decided', {
      unit: '{span}',
      description: 'Spans that were not sampled at their start, by what became of them.',
    });
    const kept = meter.createObservableCounter('throughline.hold.kept', {
      unit: '{trace}',
      description: 'Traces that were kept, by reason.',
    });
    const refused = meter.createObservableCounter('throughline.hold.over_budget', {
      unit: '{trace}',
      description: 'Traces that a rule would have kept if there had not been too many.',
    });
    const instruments: Observable[] = [memory, held, decided, kept, refused];
    const observe: BatchObservableCallback = (result) => {
      const stats = this.#stats();
      result.observe(memory, stats.heldBytes);
      result.observe(held, stats.held);
      for (const outcome of OUTCOMES) result.observe(decided, stats[outcome], { 'throughline.hold.outcome': outcome });
      for (const [reason, traces] of Object.entries(stats.keptTraces)) {
        result.observe(kept, traces, { 'sampling.reason': reason });
      }
      result.observe(refused, stats.overBudget);
    };
    meter.addBatchObservableCallback(observe, instruments);
    this.#detach = () => meter.removeBatchObservableCallback(observe, instruments);
  }

  /** Reports no more. */
  detach(): void {
    this.#detach();
    this.#detach = () => {};
  }
}

const OUTCOMES = ['kept', 'dropped', 'evicted', 'late', 'omitted', 'shed'] as const;
