import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import { readChoice } from './environment.ts';
import { OtlpDelivery } from './otlp-delivery.ts';
import { OtlpExporter } from './otlp-exporter.ts';
import { readOtlpSettings, withPath } from './otlp-settings.ts';

/** Where spans go, by name. */
export type ExporterName = 'otlp' | 'otlp-json' | 'otlp-grpc' | 'zipkin' | 'console' | 'none';

/** What an exporter is made from. */
export type ExporterOptions = {
  exporter?: ExporterName | SpanExporter;
  endpoint?: string;
  headers?: Record<string, string>;
};

export const EXPORTER_NAMES: readonly ExporterName[] = ['otlp', 'otlp-json', 'otlp-grpc', 'zipkin', 'console', 'none'];

/**
 * The exporter that the options ask for, else the environment; `'console'` and `'none'` have no exporter and are returned
 * as they are, and where OTLP as protobuf is asked for and `recorded` spans are there to be sent, their delivery is all it
 * takes. Throws for unknown names and protocols, and if the exporter's package is not installed.
 */
export function createExporter(
  options: ExporterOptions,
  recorded: boolean,
): SpanExporter | OtlpDelivery | 'console' | 'none' {
  const { exporter = exporterOfEnvironment(), endpoint, headers } = options;
  if (typeof exporter === 'object') {
    if (endpoint === undefined && headers === undefined) return exporter;
    const unused = endpoint === undefined ? 'headers' : 'endpoint';
    throw new TypeError(
      `[sdk] \`${unused}\` means nothing to an exporter of your own. Give it to the exporter, or remove it.`,
    );
  }
  const name = exporter === 'otlp' ? otlpOfEnvironment() : exporter;
  if (name === 'otlp' && recorded) return new OtlpDelivery(readOtlpSettings(endpoint, headers), 'protobuf');
  if (name === 'otlp') return new OtlpExporter(readOtlpSettings(endpoint, headers), 'protobuf');
  if (name === 'otlp-json') return new OtlpExporter(readOtlpSettings(endpoint, headers), 'json');
  if (name === 'otlp-grpc') return grpc(endpoint, headers);
  if (name === 'zipkin') return zipkin(endpoint, headers);
  return name;
}

/** Whether a value is a `SpanExporter`, of either SDK line. */
export function isExporter(value: unknown): value is SpanExporter {
  const { export: send, shutdown } = (value ?? {}) as { export?: unknown; shutdown?: unknown };
  return typeof send === 'function' && typeof shutdown === 'function';
}

function exporterOfEnvironment(): ExporterName {
  return readChoice('OTEL_TRACES_EXPORTER', ['otlp', 'zipkin', 'console', 'none']) ?? 'otlp';
}

function otlpOfEnvironment(): ExporterName {
  const names = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'];
  const protocol = readChoice(names, ['http/protobuf', 'http/json', 'grpc']) ?? 'http/protobuf';
  return ({ 'http/protobuf': 'otlp', 'http/json': 'otlp-json', grpc: 'otlp-grpc' } as const)[protocol];
}

function zipkin(endpoint: string | undefined, headers: Record<string, string> | undefined): SpanExporter {
  const { ZipkinExporter } = load<{ ZipkinExporter: new (config: object) => SpanExporter }>(
    'zipkin',
    '@opentelemetry/exporter-zipkin',
  );
  const url = endpoint === undefined ? undefined : withPath(endpoint, '/api/v2/spans').href;
  return new ZipkinExporter({ ...(url !== undefined && { url }), ...(headers !== undefined && { headers }) });
}

function grpc(url: string | undefined, headers: Record<string, string> | undefined): SpanExporter {
  const name = '@opentelemetry/exporter-trace-otlp-grpc';
  const { OTLPTraceExporter } = load<{ OTLPTraceExporter: new (config: object) => SpanExporter }>('otlp-grpc', name);
  const config = url === undefined ? {} : { url };
  if (headers === undefined) return new OTLPTraceExporter(config);
  const { Metadata } = createRequire(requireHere().resolve(name))('@grpc/grpc-js') as {
    Metadata: new () => { set(name: string, value: string): void };
  };
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  return new OTLPTraceExporter({ ...config, metadata });
}

// Required rather than imported: `startTracing` is synchronous, and bundlers leave it alone.
function load<Module>(exporter: ExporterName, name: string): Module {
  try {
    return requireHere()(name) as Module;
  } catch (cause) {
    throw new Error(
      `[sdk] The exporter '${exporter}' needs the package ${name}, which could not be loaded. Install it in a version of ` +
        'the SDK 2 line, or choose another exporter. In a bundle, give `exporter` an instance instead of a name.',
      { cause },
    );
  }
}

// A CommonJS bundle has no import.meta.url.
function requireHere(): NodeJS.Require {
  return createRequire(import.meta.url ?? join(process.cwd(), 'index.js'));
}
