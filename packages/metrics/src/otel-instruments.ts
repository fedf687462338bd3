import {
  type Context,
  createNoopMeter,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  type ObservableCallback,
  type ObservableUpDownCounter,
} from '@opentelemetry/api';
import { VERSION } from '@throughline/core';
import type { ActiveRequests } from './active-requests.ts';
import { ACTIVE_REQUESTS, INSTRUMENTS, type InstrumentKey, type MetricSink } from './instruments.ts';
import type { Series } from './series-table.ts';

type Histograms = Readonly<Record<InstrumentKey, Histogram>>;

/** Records by the OpenTelemetry metrics API, as soon as somebody has registered a provider there. */
export class OtelInstruments implements MetricSink {
  readonly #given: MeterProvider | undefined;
  readonly #observe: ObservableCallback;
  #provider: MeterProvider | undefined;
  #histograms: Histograms | undefined;
  #active: ObservableUpDownCounter | undefined;

  constructor(given: MeterProvider | undefined, active: ActiveRequests) {
    this.#given = given;
    this.#observe = (result) => active.visit((series, count) => result.observe(count, series.attributes));
    this.refresh();
  }

  record(key: InstrumentKey, value: number, series: Series, context: Context): void {
    this.#histograms?.[key].record(value, series.attributes, context);
  }

  /** Looks for a provider that was registered meanwhile: unlike tracers, meters of the API do not find it by themselves. */
  refresh(): void {
    const provider = this.#given ?? metrics.getMeterProvider();
    if (provider === this.#provider) return;
    this.stop();
    this.#provider = provider;
    const meter = provider.getMeter('@throughline/metrics', VERSION);
    if (meter === createNoopMeter()) return;
    this.#histograms = createHistograms(meter);
    const { name, unit, description } = ACTIVE_REQUESTS;
    this.#active = meter.createObservableUpDownCounter(name, { unit, description });
    this.#active.addCallback(this.#observe);
  }

  stop(): void {
    this.#active?.removeCallback(this.#observe);
    this.#active = undefined;
    this.#histograms = undefined;
  }
}

function createHistograms(meter: Meter): Histograms {
  const histograms = Object.entries(INSTRUMENTS).map(([key, { name, unit, description, buckets }]) => [
    key,
    meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: buckets } }),
  ]);
  return Object.fromEntries(histograms) as Histograms;
}
