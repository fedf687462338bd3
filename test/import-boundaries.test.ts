import { readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../packages', import.meta.url));

/** Who may import what at run time, besides its own files; the framework of an adapter comes in by `import type` only. */
const ALLOWED: Record<string, { runtime: readonly string[]; types?: readonly string[] }> = {
  core: { runtime: ['node:', '@opentelemetry/api', '@opentelemetry/semantic-conventions'] },
  sampling: { runtime: ['node:', '@opentelemetry/api', '@throughline/core'] },
  propagators: { runtime: ['@opentelemetry/api'] },
  express: { runtime: ['node:', '@opentelemetry/api', '@throughline/core'], types: ['express'] },
  fastify: { runtime: ['node:', '@opentelemetry/api', '@throughline/core'], types: ['fastify'] },
  // Nest's decorators, tokens and RxJS operators are values.
  nestjs: { runtime: ['node:', '@opentelemetry/api', '@throughline/core', '@nestjs/common', '@nestjs/core', 'rxjs'] },
  clients: { runtime: ['node:', '@opentelemetry/api', '@throughline/core'], types: ['axios'] },
  databases: {
    runtime: ['@opentelemetry/api', '@opentelemetry/semantic-conventions', '@throughline/core'],
    types: ['pg'],
  },
  logs: { runtime: ['node:', '@opentelemetry/api', '@throughline/core'], types: ['pino', 'winston', 'logform'] },
  metrics: {
    runtime: ['node:', '@opentelemetry/api', '@opentelemetry/semantic-conventions', '@throughline/core'],
    types: ['prom-client'],
  },
  messaging: { runtime: ['node:', '@opentelemetry/api', '@throughline/core'], types: ['amqplib', 'kafkajs', 'bullmq'] },
  serverless: { runtime: ['node:', '@opentelemetry/api', '@throughline/core'] },
  sdk: {
    runtime: ['node:', '@opentelemetry/', '@throughline/core', '@throughline/propagators', '@throughline/sampling'],
  },
  testkit: { runtime: ['node:', '@opentelemetry/'] },
  readers: { runtime: ['node:', '@throughline/analysis'] },
  viewer: {
    runtime: [
      'node:',
      '@throughline/analysis',
      '@throughline/readers',
      '@throughline/sampling',
      '@duckdb/node-api',
      '@duckdb/node-bindings',
      '@modelcontextprotocol/server',
      // For the page alone, which is bundled.
      'preact',
    ],
  },
  // Runs in browsers too.
  analysis: { runtime: [] },
};

type Import = { file: string; specifier: string; typeOnly: boolean };

it('every package imports only what the architecture allows', () => {
  const violations: string[] = [];
  for (const name of readdirSync(packages)) {
    const allowed = ALLOWED[name];
    if (allowed === undefined) {
      violations.push(`packages/${name} is not in the table of this test`);
      continue;
    }
    for (const { file, specifier, typeOnly } of importsOf(join(packages, name, 'src'))) {
      if (specifier.startsWith('.')) continue;
      const isAllowed = (prefix: string): boolean =>
        specifier === prefix ||
        specifier.startsWith(prefix.endsWith('/') || prefix.endsWith(':') ? prefix : `${prefix}/`);
      if (allowed.runtime.some(isAllowed) || (typeOnly && allowed.types?.some(isAllowed))) continue;
      violations.push(`${relative(packages, file)} imports ${specifier}${typeOnly ? ' (types)' : ''}`);
    }
  }
  expect(violations).toEqual([]);
});

it('no relative import leaves its package, and built-in modules are named with node:', () => {
  const violations: string[] = [];
  for (const name of readdirSync(packages)) {
    const root = join(packages, name, 'src');
    for (const { file, specifier } of importsOf(root)) {
      const leaves = specifier.startsWith('.') && relative(root, resolve(dirname(file), specifier)).startsWith('..');
      if (leaves || builtinModules.includes(specifier))
        violations.push(`${relative(packages, file)} imports ${specifier}`);
    }
  }
  expect(violations).toEqual([]);
});

it('only declared subpaths of other packages are imported', () => {
  const violations: string[] = [];
  for (const name of readdirSync(packages)) {
    for (const { file, specifier } of importsOf(join(packages, name, 'src'))) {
      const [scope, target, ...subpath] = specifier.split('/');
      if (scope !== '@throughline' || target === undefined) continue;
      const { exports } = JSON.parse(readFileSync(join(packages, target, 'package.json'), 'utf8'));
      const key = subpath.length === 0 ? '.' : `./${subpath.join('/')}`;
      if (!(key in exports)) violations.push(`${relative(packages, file)} imports ${specifier}`);
    }
  }
  expect(violations).toEqual([]);
});

it('no files import each other in a circle', () => {
  const graph = new Map<string, string[]>();
  for (const name of readdirSync(packages)) {
    for (const { file, specifier, typeOnly } of importsOf(join(packages, name, 'src'))) {
      if (typeOnly || !specifier.startsWith('.')) continue;
      graph.set(file, [...(graph.get(file) ?? []), resolve(dirname(file), specifier)]);
    }
  }
  expect([...graph.keys()].map((file) => circleFrom(file, graph)).filter((circle) => circle !== undefined)).toEqual([]);
});

function importsOf(folder: string): Import[] {
  return sources(folder).flatMap((file) => {
    const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const statements = text.matchAll(/^(?:import|export)\s+(type\s)?(?:([^'";]*?)\s+from\s+)?'([^']+)';$/gm);
    const dynamic = text.matchAll(/\b(?:import|require)\(\s*'([^']+)'/g);
    return [
      ...[...statements].map(([, type, names, specifier]) => ({
        file,
        specifier: specifier as string,
        typeOnly: type !== undefined || onlyTypes(names),
      })),
      ...[...dynamic].map(([, specifier]) => ({ file, specifier: specifier as string, typeOnly: false })),
    ];
  });
}

function onlyTypes(names: string | undefined): boolean {
  const listed = /^\{([\s\S]*)\}$/.exec(names?.trim() ?? '')?.[1];
  return listed?.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type ')) ?? false;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((entry) => join(folder, entry))
    .filter((path) => /\.tsx?$/.test(path) && statSync(path).isFile());
}

function circleFrom(start: string, graph: Map<string, string[]>): string[] | undefined {
  const open: string[][] = [[start]];
  const seen = new Set<string>();
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const next of graph.get(path.at(-1) as string) ?? []) {
      if (next === start) return path.map((file) => relative(packages, file));
      if (seen.has(next)) continue;
      seen.add(next);
      open.push([...path, next]);
    }
  }
  return undefined;
}
