import type { Attributes, TextMapPropagator } from '@opentelemetry/api';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { checkOptions, is, type OptionChecks } from '@throughline/core/options';
import { EXPORTER_NAMES, type ExporterName, isExporter } from './exporter.ts';
import { isHttpUrl } from './otlp-settings.ts';
import { isRatio, isSampler, type Sampling, type SamplingOptions } from './sampler.ts';

/** Everything is optional; an option wins over the `OTEL_*` variable for the same thing. */
export type StartTracingOptions = {
  /**
   * The name of this service.
   * @default `OTEL_SERVICE_NAME`, else `service.name` in `OTEL_RESOURCE_ATTRIBUTES`, else the name in package.json
   */
  serviceName?: string;
  /**
   * The version of this service.
   * @default `service.version` in `OTEL_RESOURCE_ATTRIBUTES`, else the version in package.json
   */
  serviceVersion?: string;
  /**
   * Where it is deployed, such as `production`.
   * @default `deployment.environment.name` in `OTEL_RESOURCE_ATTRIBUTES`, else none
   */
  environment?: string;
  /**
   * Further attributes of this process, on all its spans.
   * @default those of `OTEL_RESOURCE_ATTRIBUTES`
   */
  resourceAttributes?: Attributes;
  /**
   * Where spans go. `'otlp'` is HTTP/protobuf unless `OTEL_EXPORTER_OTLP_PROTOCOL` says otherwise; `'otlp-grpc'` and
   * `'zipkin'` need a package of their own; `'console'` draws each trace on stdout.
   * @default `OTEL_TRACES_EXPORTER`, else 'otlp'
   */
  exporter?: ExporterName | SpanExporter;
  /**
   * The URL of the collector. Without a path, the usual one of the exporter is added.
   * @default `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT`, else http://localhost:4318
   */
  endpoint?: string;
  /**
   * HTTP headers for the collector, such as an API key.
   * @default `OTEL_EXPORTER_OTLP_TRACES_HEADERS` and `OTEL_EXPORTER_OTLP_HEADERS`
   */
  headers?: Record<string, string>;
  /**
   * In development: `true` finds or starts the viewer of this machine (`npm install -D @throughline/viewer`), a URL names one that
   * runs; spans go there, and the link of each failed or slow trace is printed on stderr. Ignored in production, and where
   * an exporter or endpoint is named otherwise.
   * @default false
   */
  viewer?: boolean | string;
  /**
   * Which traces to keep of those that begin here: a share, rules, a limit; the caller decides about all others. Or a sampler.
   * @default `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, else all
   */
  sampling?: Sampling;
  /**
   * Span processors that see every span before it is exported.
   * @default []
   */
  spanProcessors?: SpanProcessor[];
  /**
   * How trace context and baggage travel between services.
   * @default `OTEL_PROPAGATORS`, else W3C trace context and baggage
   */
  propagator?: TextMapPropagator;
  /**
   * A directory for spans that are not exported yet when the process dies of an uncaught error or calls `process.exit()`: they
   * are written there, up to 8 MB, and the next start exports them. For spans that go out by OTLP as protobuf.
   * @default none: such spans are lost
   */
  crashSpool?: string;
  /**
   * How long `flush()`, `shutdown()` and the flush before the process ends may take, in milliseconds.
   * @default 5000
   */
  flushTimeoutMs?: number;
};

/** Throws a `TypeError` that names the first option which is unknown or of the wrong kind. */
export function checkStartOptions(options: StartTracingOptions): void {
  checkOptions('sdk', options, checks);
  const { sampling } = options;
  if (sampling === undefined || isSampler(sampling)) return;
  checkOptions<SamplingOptions>('sdk', sampling, samplingChecks, 'sampling.');
  // Here, as the samplers do not know under which name their options were given, and take some that are not for them here.
  checkOptions('sdk', sampling.adaptive ?? {}, adaptiveChecks, 'sampling.adaptive.');
  checkOptions('sdk', sampling.jaegerRemote ?? {}, jaegerRemoteChecks, 'sampling.jaegerRemote.');
}

const aName: OptionChecks<{ name?: string }>['name'] = [
  'a non-empty string',
  (value) => typeof value === 'string' && value.trim() !== '',
];

const aPositiveNumber: OptionChecks<{ number?: number }>['number'] = [
  'a number above 0',
  (value) => typeof value === 'number' && value > 0 && Number.isFinite(value),
];

const headers: OptionChecks<{ headers?: object }>['headers'] = [
  'an object of strings',
  (value) => is.object[1](value) && Object.values(value as object).every((header) => typeof header === 'string'),
];

// What rules, limits and errors may be in detail is checked where they are compiled.
const samplingChecks: OptionChecks<SamplingOptions> = {
  ratio: ['a number from 0 to 1', isRatio],
  rules: ['an array of rules or a function', (value) => Array.isArray(value) || typeof value === 'function'],
  perSecond: aPositiveNumber,
  adaptive: is.object,
  jaegerRemote: is.object,
  keep: is.object,
  peers: is.object,
};

const adaptiveChecks: OptionChecks<NonNullable<SamplingOptions['adaptive']>> = {
  target: aPositiveNumber,
  windowSeconds: aPositiveNumber,
  key: is.function,
  errors: is.object,
};

const jaegerRemoteChecks: OptionChecks<NonNullable<SamplingOptions['jaegerRemote']>> = {
  endpoint: ['an http: or https: URL', isHttpUrl],
  intervalMs: aPositiveNumber,
  timeoutMs: aPositiveNumber,
  headers,
};

const checks: OptionChecks<StartTracingOptions> = {
  serviceName: aName,
  serviceVersion: aName,
  environment: aName,
  resourceAttributes: is.object,
  exporter: [
    `one of ${EXPORTER_NAMES.map((name) => `'${name}'`).join(', ')} or a SpanExporter`,
    (value) => EXPORTER_NAMES.some((name) => name === value) || isExporter(value),
  ],
  endpoint: ['an http: or https: URL', isHttpUrl],
  headers,
  viewer: ['a boolean or the http: URL of a viewer', (value) => typeof value === 'boolean' || isHttpUrl(value)],
  sampling: ['an object with `ratio`, `rules` and the like, or a Sampler', is.object[1]],
  spanProcessors: [
    'an array of SpanProcessors (objects with `onStart` and `onEnd`)',
    (value) => Array.isArray(value) && value.every(isProcessor),
  ],
  propagator: [
    'a TextMapPropagator (an object with `inject` and `extract`)',
    (value) => hasMethods(value, 'inject', 'extract'),
  ],
  crashSpool: ['the path of a directory', (value) => typeof value === 'string' && value.trim() !== ''],
  flushTimeoutMs: [
    'a number of milliseconds from 1 to 2147483647',
    (value) => typeof value === 'number' && value >= 1 && value <= 2_147_483_647,
  ],
};

function isProcessor(value: unknown): boolean {
  return hasMethods(value, 'onStart', 'onEnd', 'forceFlush', 'shutdown');
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  );
}
