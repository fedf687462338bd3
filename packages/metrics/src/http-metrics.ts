import type { Span } from '@opentelemetry/api';
import type { FinishedCall, FinishedExchange, StartedExchange } from '@throughline/core/http-measurement';
import { ActiveRequests } from './active-requests.ts';
import { type Exemplar, exemplarOf } from './exemplar.ts';
import { CallSeries, ExchangeSeries } from './http-series.ts';
import type { MetricSink } from './instruments.ts';
import { OtelInstruments } from './otel-instruments.ts';
import { PrometheusInstruments } from './prometheus-instruments.ts';
import type { Series } from './series-table.ts';
import type { MetricsOptions } from './start-metrics.ts';

/** How many series there are. */
export type MetricsStats = {
  /** Combinations of labels of exchanges; at most 2,000. */
  readonly serverSeries: number;
  /** Combinations of labels of calls; at most 2,000. */
  readonly clientSeries: number;
  /** Exchanges and calls that were counted together because there were too many series. */
  readonly overflowed: number;
};

/** Decides which values an exchange or a call adds to which series. */
export class HttpMetrics {
  readonly #exchanges = new ExchangeSeries();
  readonly #calls = new CallSeries();
  readonly #active = new ActiveRequests();
  readonly #otel: OtelInstruments;
  readonly #prometheus: MetricSink | undefined;

  constructor({ promClient, registry, meterProvider }: MetricsOptions) {
    if (promClient !== undefined) {
      this.#prometheus = new PrometheusInstruments(promClient, registry ?? promClient.register, this.#active);
    }
    this.#otel = new OtelInstruments(meterProvider, this.#active);
  }

  readonly startExchange = (exchange: StartedExchange): void => {
    this.#active.add(exchange, 1);
  };

  readonly finishExchange = (exchange: FinishedExchange): void => {
    this.#active.add(exchange, -1);
    this.#otel.refresh();
    const series = this.#exchanges.of(exchange);
    const exemplar = exemplarOf(exchange.span, exchange.isRecorded);
    // Where an instrumentation has made the span, it records the same metrics by OpenTelemetry.
    if (!isInstrumented(exchange.span)) recordExchange(this.#otel, exchange, series, exemplar);
    if (this.#prometheus !== undefined) recordExchange(this.#prometheus, exchange, series, exemplar);
  };

  readonly finishCall = (call: FinishedCall): void => {
    this.#otel.refresh();
    const series = this.#calls.of(call);
    const exemplar = exemplarOf(call.span, call.isRecorded);
    recordCall(this.#otel, call, series, exemplar);
    if (this.#prometheus !== undefined) recordCall(this.#prometheus, call, series, exemplar);
  };

  stats(): MetricsStats {
    const tables = [this.#exchanges.table, this.#calls.table];
    return {
      serverSeries: this.#exchanges.table.size,
      clientSeries: this.#calls.table.size,
      overflowed: tables.reduce((sum, table) => sum + table.overflowed, 0),
    };
  }

  stop(): void {
    this.#otel.stop();
    this.#prometheus?.stop();
  }
}

function recordExchange(
  sink: MetricSink,
  { durationMs, longLived, requestBodySize, responseBodySize, context }: FinishedExchange,
  series: Series,
  exemplar: Exemplar | undefined,
): void {
  const duration = longLived === undefined ? 'serverDuration' : 'serverStreamDuration';
  sink.record(duration, durationMs / 1000, series, context, exemplar);
  if (requestBodySize !== undefined) sink.record('serverRequestSize', requestBodySize, series, context, exemplar);
  if (responseBodySize !== undefined) sink.record('serverResponseSize', responseBodySize, series, context, exemplar);
}

function recordCall(
  sink: MetricSink,
  { durationMs, responseBodySize, context }: FinishedCall,
  series: Series,
  exemplar: Exemplar | undefined,
): void {
  sink.record('clientDuration', durationMs / 1000, series, context, exemplar);
  if (responseBodySize !== undefined) sink.record('clientResponseSize', responseBodySize, series, context, exemplar);
}

// Spans of the SDKs show who has made them although the API does not declare it.
function isInstrumented(span: Span & { readonly instrumentationScope?: { readonly name: string } }): boolean {
  return span.instrumentationScope?.name === '@opentelemetry/instrumentation-http';
}
