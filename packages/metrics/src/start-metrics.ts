import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { diag, type MeterProvider } from '@opentelemetry/api';
import { callSafely } from '@throughline/core';
import { callEnds, exchangeEnds, exchangeStarts } from '@throughline/core/http-measurement';
import { checkOptions, type OptionChecks } from '@throughline/core/options';
import { HttpMetrics, type MetricsStats } from './http-metrics.ts';
import type { PromClient, PromRegistry } from './prometheus-instruments.ts';

/** The options of {@link startMetrics}. */
export type MetricsOptions = {
  /**
   * What `prom-client` exports, to keep histograms with exemplars there.
   * @default none: metrics go to OpenTelemetry only
   */
  promClient?: PromClient;
  /**
   * The registry of prom-client to put them in.
   * @default the global one, `promClient.register`
   */
  registry?: PromRegistry;
  /**
   * Where OpenTelemetry metrics are made.
   * @default the provider registered with `@opentelemetry/api`, now or later
   */
  meterProvider?: MeterProvider;
};

/** Metrics that were started. */
export type Metrics = {
  /** How many series there are, and how much went into the series for the rest. */
  stats(): MetricsStats;
  /** Stops to measure, and takes the metrics out of prom-client's registry. */
  stop(): void;
};

const optionChecks: OptionChecks<MetricsOptions> = {
  promClient: [
    'what `prom-client` exports',
    (value) => has(value, 'Histogram', 'function') && has(value, 'register', 'object'),
  ],
  registry: ['a Registry of `prom-client`', (value) => has(value, 'registerMetric', 'function')],
  meterProvider: ['a MeterProvider (an object with `getMeter`)', (value) => has(value, 'getMeter', 'function')],
};

/**
 * Measures every exchange of the traced servers and every call of the traced clients in this process: durations, sizes, active
 * requests, by the HTTP conventions of OpenTelemetry. All are counted, whatever is sampled; exemplars lead to traces that are
 * exported. Call it once, before the application starts to work; a second call changes nothing, returns what the first one did
 * and warns. Throws a `TypeError` for a wrong option, and an `Error` if the registry has metrics of these names.
 *
 * @example
 * startMetrics({ promClient });
 * app.get('/metrics', metricsHandler(promClient.register));
 */
export function startMetrics(options: MetricsOptions = {}): Metrics {
  checkOptions('metrics', options, optionChecks);
  if (options.registry !== undefined && options.promClient === undefined) {
    throw new TypeError('[metrics] Expected `promClient` besides `registry`. Give it what `prom-client` exports.');
  }
  const state = sharedState();
  if (state.running !== undefined) {
    diag.warn('[metrics] `startMetrics` was called again. The options of the first call stay in force.');
    return state.running;
  }
  const http = new HttpMetrics(options);
  // What a subscriber throws would end the process.
  const listeners: [string | symbol, ChannelListener][] = [
    [exchangeStarts.name, (exchange) => callSafely('metrics', http.startExchange, exchange as never)],
    [exchangeEnds.name, (exchange) => callSafely('metrics', http.finishExchange, exchange as never)],
    [callEnds.name, (call) => callSafely('metrics', http.finishCall, call as never)],
  ];
  for (const [name, listener] of listeners) subscribe(name, listener);
  const running: Metrics = {
    stats: () => http.stats(),
    stop() {
      if (state.running !== running) return;
      state.running = undefined;
      for (const [name, listener] of listeners) unsubscribe(name, listener);
      http.stop();
    },
  };
  state.running = running;
  return running;
}

function has(value: unknown, name: string, type: 'function' | 'object'): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  const member = (value as Record<string, unknown>)[name];
  return typeof member === type && member !== null;
}

const STATE = Symbol.for('throughline.metrics');

/** Shared by all copies of this package in the process. */
function sharedState(): { running?: Metrics | undefined } {
  const shared = globalThis as { [STATE]?: { running?: Metrics | undefined } };
  shared[STATE] ??= {};
  return shared[STATE];
}
