import type { Context } from '@opentelemetry/api';
import type * as promClient from 'prom-client';
import type { Gauge, Histogram, OpenMetricsContentType, PrometheusContentType, Registry } from 'prom-client';
import { ACTIVE_LABELS, type ActiveRequests } from './active-requests.ts';
import type { Exemplar } from './exemplar.ts';
import { CALL_LABELS, EXCHANGE_LABELS } from './http-series.ts';
import { ACTIVE_REQUESTS, INSTRUMENTS, type Instrument, type InstrumentKey, type MetricSink } from './instruments.ts';
import type { Series } from './series-table.ts';

/** What `prom-client` exports, as far as it is used. */
export type PromClient = Pick<typeof promClient, 'Histogram' | 'Gauge' | 'register'>;

/** A registry of `prom-client`, whatever its content type. */
export type PromRegistry = Registry<PrometheusContentType> | Registry<OpenMetricsContentType>;

const UNITS = { s: 'seconds', By: 'bytes' } as const;

/** Histograms of prom-client with exemplars, in a registry of the application's. */
export class PrometheusInstruments implements MetricSink {
  readonly #registry: PromRegistry;
  readonly #histograms: Readonly<Record<InstrumentKey, Histogram>>;
  readonly #names: string[] = [];

  /** Throws if the registry has metrics of these names already. */
  constructor(promClient: PromClient, registry: PromRegistry, active: ActiveRequests) {
    this.#registry = registry;
    const histograms = Object.entries(INSTRUMENTS).map(([key, instrument]) => [
      key,
      createHistogram(promClient, instrument, key.startsWith('client') ? CALL_LABELS : EXCHANGE_LABELS),
    ]);
    this.#histograms = Object.fromEntries(histograms) as Record<InstrumentKey, Histogram>;
    for (const { name, unit } of Object.values(INSTRUMENTS)) this.#names.push(promName(name, unit));
    this.#names.push(promName(ACTIVE_REQUESTS.name));
    const taken = this.#names.find((name) => registry.getSingleMetric(name) !== undefined);
    if (taken !== undefined) {
      throw new Error(`[metrics] The registry has a metric \`${taken}\` already. Give \`registry\` one that has not.`);
    }
    for (const histogram of Object.values(this.#histograms)) registry.registerMetric(histogram);
    registry.registerMetric(createGauge(promClient, active));
  }

  record(key: InstrumentKey, value: number, { labels }: Series, _context: Context, exemplar?: Exemplar): void {
    const histogram = this.#histograms[key];
    if (INSTRUMENTS[key].unit === 's') histogram.observe({ labels, value, exemplarLabels: exemplar ?? NO_EXEMPLAR });
    else histogram.observe(labels, value);
  }

  stop(): void {
    for (const name of this.#names) this.#registry.removeSingleMetric(name);
  }
}

const NO_EXEMPLAR = {};

// Sizes have no exemplars: prom-client takes twice as long for those, and the duration of the same exchange has one.
// prom-client refuses exemplars in a registry of the text format, at the time a metric is made; it leaves them out there.
function createHistogram(
  { Histogram }: PromClient,
  { name, unit, description, buckets }: Instrument,
  labelNames: string[],
): Histogram {
  const help = description;
  return new Histogram({
    name: promName(name, unit),
    help,
    labelNames,
    buckets,
    enableExemplars: unit === 's',
    registers: [],
  });
}

function createGauge({ Gauge }: PromClient, active: ActiveRequests): Gauge {
  const { name, description } = ACTIVE_REQUESTS;
  return new Gauge({
    name: promName(name),
    help: description,
    labelNames: ACTIVE_LABELS,
    registers: [],
    collect() {
      active.visit((series, count) => this.set(series.labels, count));
    },
  });
}

/** @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ */
function promName(name: string, unit?: 's' | 'By'): string {
  const base = name.replaceAll('.', '_');
  return unit === undefined ? base : `${base}_${UNITS[unit]}`;
}
