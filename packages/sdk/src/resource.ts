import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Attributes } from '@opentelemetry/api';
import { VERSION } from '@throughline/core';
import { readPairs, readVariable } from './environment.ts';

/** Who this process is. */
export type ResourceOptions = {
  serviceName?: string;
  serviceVersion?: string;
  environment?: string;
  resourceAttributes?: Attributes;
};

/**
 * What all spans of this process have in common: from the options, then `OTEL_SERVICE_NAME` and
 * `OTEL_RESOURCE_ATTRIBUTES`, then the package.json nearest to the main script.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/resource/
 */
export function createResource(options: ResourceOptions): Attributes {
  const { serviceName, serviceVersion, environment, resourceAttributes = {} } = options;
  const layers: Attributes[] = [
    packageAttributes(),
    processAttributes(),
    readPairs('OTEL_RESOURCE_ATTRIBUTES'),
    { 'service.name': readVariable('OTEL_SERVICE_NAME') },
    resourceAttributes,
    { 'service.name': serviceName, 'service.version': serviceVersion, 'deployment.environment.name': environment },
  ];
  const attributes: Attributes = { 'service.name': `unknown_service:${process.argv0}` };
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      if (value !== undefined && value !== null) attributes[name] = value;
    }
  }
  return attributes;
}

function packageAttributes(): Attributes {
  const manifest = nearestManifest(scriptFolder());
  return { 'service.name': text(manifest?.name), 'service.version': text(manifest?.version) };
}

// A script of a package that was installed (a process manager, a TypeScript runner) is not the application.
function scriptFolder(): string {
  const script = process.argv[1];
  if (script === undefined || /[\\/]node_modules[\\/]/.test(script)) return process.cwd();
  return dirname(resolve(script));
}

function nearestManifest(start: string): { name?: unknown; version?: unknown } | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (typeof manifest === 'object' && manifest !== null && 'name' in manifest) return manifest;
    } catch {
      // Not there, not readable or no JSON: the next folder may have one.
    }
    if (folder === dirname(folder)) return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function processAttributes(): Attributes {
  return {
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'telemetry.distro.name': '@throughline/sdk',
    'telemetry.distro.version': VERSION,
  };
}
