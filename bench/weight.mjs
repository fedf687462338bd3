// What each set-up weighs once installed: `node bench/weight.mjs [--out folder]`, after a build. A real `npm install` of
// each into a folder of its own. The framework and the logger are the application's and are not counted.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packAll } from '../scripts/release/pack.mjs';
import { machine } from './machine.mjs';
import { npmInstall, tarballsOf } from './npm-install.mjs';
import { record } from './results.mjs';

const SETUPS = {
  'Throughline: express, sdk, logs': [
    '@throughline/express',
    '@throughline/sdk',
    '@throughline/logs',
    '@opentelemetry/api',
  ],
  'Throughline: fastify, sdk, logs, clients': [
    '@throughline/fastify',
    '@throughline/sdk',
    '@throughline/logs',
    '@throughline/clients',
    '@opentelemetry/api',
  ],
  'OpenTelemetry SDK, OTLP exporter': [
    '@opentelemetry/api',
    '@opentelemetry/sdk-trace-node',
    '@opentelemetry/exporter-trace-otlp-proto',
  ],
  'OpenTelemetry SDK + instrumentations': [
    '@opentelemetry/api',
    '@opentelemetry/sdk-trace-node',
    '@opentelemetry/exporter-trace-otlp-proto',
    '@opentelemetry/instrumentation',
    '@opentelemetry/instrumentation-http',
    '@opentelemetry/instrumentation-express',
    '@opentelemetry/instrumentation-undici',
    '@opentelemetry/instrumentation-pino',
  ],
  'OpenTelemetry auto-instrumentations-node': [
    '@opentelemetry/api',
    '@opentelemetry/core',
    '@opentelemetry/auto-instrumentations-node',
  ],
  '@fastify/otel + OpenTelemetry SDK': [
    '@fastify/otel',
    '@opentelemetry/api',
    '@opentelemetry/sdk-trace-node',
    '@opentelemetry/exporter-trace-otlp-proto',
  ],
  'dd-trace': ['dd-trace'],
  'elastic-apm-node': ['elastic-apm-node'],
  '@sentry/node': ['@sentry/node'],
};

const { values: options } = parseArgs({ options: { out: { type: 'string' } } });
const { dependencies: versions } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const scratch = mkdtempSync(join(tmpdir(), 'throughline-weight-'));
try {
  const tarballs = tarballsOf(await packAll(join(scratch, 'tarballs')));
  const rows = Object.entries(SETUPS).map(([title, packages], index) => ({
    title,
    ...weigh(join(scratch, String(index)), packages, tarballs),
  }));
  console.table(rows);
  record('weight', { machine: machine(), rows }, options.out);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function weigh(folder, packages, tarballs) {
  mkdirSync(folder);
  try {
    npmInstall(folder, packages, tarballs, versions);
  } catch (error) {
    return { failure: error.message };
  }
  const installed = packagesIn(join(folder, 'node_modules'));
  const bytes = (some) => some.reduce((sum, one) => sum + one.bytes, 0);
  const own = installed.filter(({ name }) => name.startsWith('@throughline/'));
  return {
    packages: installed.length,
    megabytes: bytes(installed) / 1e6,
    ...(own.length > 0 && { own: bytes(own) / 1e3 }),
  };
}

function packagesIn(folder, scope = '') {
  return entriesOf(folder).flatMap((entry) => {
    if (!entry.isDirectory() || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    if (entry.name.startsWith('@')) return packagesIn(path, `${entry.name}/`);
    return [{ name: scope + entry.name, bytes: bytesOf(path) }, ...packagesIn(join(path, 'node_modules'))];
  });
}

// Without what is installed inside: that is counted for itself.
function bytesOf(folder) {
  return entriesOf(folder).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? sum : sum + bytesOf(path);
    return entry.isFile() ? sum + statSync(path).size : sum;
  }, 0);
}

function entriesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
