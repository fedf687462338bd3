import type { Context } from '@opentelemetry/api';
import type { Exemplar } from './exemplar.ts';
import type { Series } from './series-table.ts';

/** One histogram: its name and unit as in OpenTelemetry, and the upper bounds of its buckets. */
export type Instrument = {
  readonly name: string;
  readonly unit: 's' | 'By';
  readonly description: string;
  readonly buckets: number[];
};

// https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
const LATENCY = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const LIFETIME = [1, 10, 60, 600, 3600, 14_400];
const SIZES = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/** Everything that is recorded, besides the number of active requests. */
export const INSTRUMENTS = {
  serverDuration: {
    name: 'http.server.request.duration',
    unit: 's',
    description: 'Duration of HTTP server requests.',
    buckets: LATENCY,
  },
  serverStreamDuration: {
    name: 'throughline.http.server.stream.duration',
    unit: 's',
    description: 'Duration of HTTP server requests that last as long as somebody listens, which is no latency.',
    buckets: LIFETIME,
  },
  serverRequestSize: {
    name: 'http.server.request.body.size',
    unit: 'By',
    description: 'Size of HTTP server request bodies.',
    buckets: SIZES,
  },
  serverResponseSize: {
    name: 'http.server.response.body.size',
    unit: 'By',
    description: 'Size of HTTP server response bodies.',
    buckets: SIZES,
  },
  clientDuration: {
    name: 'http.client.request.duration',
    unit: 's',
    description: 'Duration of HTTP client requests.',
    buckets: LATENCY,
  },
  clientResponseSize: {
    name: 'http.client.response.body.size',
    unit: 'By',
    description: 'Size of HTTP client response bodies.',
    buckets: SIZES,
  },
} satisfies Record<string, Instrument>;

/** Which histogram a value is for. */
export type InstrumentKey = keyof typeof INSTRUMENTS;

/** The number of requests that are being served. */
export const ACTIVE_REQUESTS = {
  name: 'http.server.active_requests',
  unit: '{request}',
  description: 'Number of active HTTP server requests.',
} as const;

/** Where values go. */
export type MetricSink = {
  record(key: InstrumentKey, value: number, series: Series, context: Context, exemplar: Exemplar | undefined): void;
  stop(): void;
};
