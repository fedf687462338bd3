import type { KnipConfig } from 'knip';

/**
 * What speaks against a release: files that nothing reaches, dependencies and exports that nothing uses. Named here are the
 * programs that are started by their path. The stories of consumers/ are left out: they have what a stranger has.
 */
const config: KnipConfig = {
  // A type that an exported signature names is exported, so that its doc comment can be looked up.
  ignoreExportsUsedInFile: { type: true, interface: true },
  // The words of the page's protocol: the page asks for some of them without naming the type.
  ignoreIssues: { 'packages/viewer/src/api/*.ts': ['types'] },
  workspaces: {
    '.': {
      entry: ['test/**/*.test.ts', 'test/*/{run,shop,worker}.{mjs,ts}', 'scripts/*.mjs', 'deploy/generate.mjs'],
      project: ['*.ts', 'test/**/*.{ts,mjs}', 'scripts/**/*.mjs', 'deploy/**/*.mjs'],
      ignoreBinaries: ['go', 'java', 'mount', 'mvn', 'promtool', 'umount'], // programs of the system
    },
    'packages/*': {
      entry: ['README.md', 'test/**/*.test.ts', 'test/processes/*.ts'],
      project: ['README.md', 'src/**/*.ts', 'test/**/*.ts'],
    },
    'packages/messaging': {
      entry: ['README.md', 'test/**/*.test.ts'],
      project: ['README.md', 'src/**/*.ts', 'test/**/*.ts'],
      // Of the peers, what only users import: installed here so that it does not count as what comes with the package.
      ignoreDependencies: ['@nats-io/nats-core'],
      ignoreBinaries: ['nats-server'], // of the system
    },
    'packages/nestjs': {
      entry: ['README.md', 'test/**/*.test.ts'],
      project: ['README.md', 'src/**/*.ts', 'test/**/*.ts'],
      ignoreDependencies: ['@as-integrations/express5', '@grpc/proto-loader'], // Nest loads them by name
    },
    'packages/sdk': {
      entry: ['README.md', 'test/**/*.test.ts', 'test/processes/*.ts'],
      project: ['README.md', 'src/**/*.ts', 'test/**/*.ts'],
      // `exporter: 'zipkin'` loads what it needs by a name that bundlers do not follow.
      ignoreDependencies: ['@opentelemetry/exporter-trace-otlp-grpc', '@opentelemetry/exporter-zipkin'],
    },
    'packages/viewer': {
      entry: ['README.md', 'src/start.ts', 'src/cli/bin.ts', 'test/**/*.test.ts'],
      project: ['README.md', 'src/**/*.{ts,tsx}', 'test/**/*.ts'],
      ignoreBinaries: ['mount', 'umount'], // of the system
    },
    'examples/*': {
      entry: ['README.md', '*.mjs', 'src/server.ts', 'test/**/*.test.ts'],
      project: ['README.md', '*.mjs', '{src,test}/**/*.ts'],
    },
    'examples/shop': {
      entry: ['README.md', '*.mjs', 'src/demo/{main,pglite,embedded-redis,viewer}.ts', 'src/services/*.ts'],
      project: ['README.md', '*.mjs', '{src,test}/**/*.ts'],
    },
    'examples/nextjs': {
      entry: ['README.md', 'server.mjs', 'next.config.mjs', 'app/**/*.{js,jsx}'],
      project: ['README.md', '*.mjs', 'app/**/*.{js,jsx,mjs}'],
      ignoreDependencies: ['react', 'react-dom'], // Next.js imports them
    },
    docs: { entry: ['*.md', 'pictures/{draw,photograph}.mjs', 'tables/fill.mjs'], project: ['*.md', '**/*.mjs'] },
    'scripts/release': { entry: ['release.mjs', 'api.mjs'], project: ['*.mjs'] },
    'test/*': { entry: ['{run,service}.mjs'], project: ['*.mjs'] },
    bench: {
      entry: ['*.mjs', '{frameworks,variants}/*.mjs', 'viewer/{fill,generator,viewer-process}.mjs'],
      project: ['**/*.mjs'],
      // By `--import`, by a list of what is weighed, and from the dependencies of a package.
      ignoreDependencies: [
        '@opentelemetry/auto-instrumentations-node',
        '@opentelemetry/core',
        'protobufjs',
        '@duckdb/node-api',
      ],
      ignoreBinaries: ['callgrind_control', 'taskset', 'valgrind'], // of the system
    },
    site: {
      entry: ['{build,served}.mjs'],
      project: ['*.mjs', '.vitepress/*.mjs'],
      ignoreDependencies: ['typedoc-plugin-markdown'],
    },
  },
  compilers: { md: importsOfBlocks },
};

export default config;

// The code in pages is compiled by a test; what it imports is a dependency of the package that the page is beside.
function importsOfBlocks(page: string): string {
  const fences = [...page.matchAll(/^(<!-- given: .* -->\n)?```ts\n([\s\S]*?)^```$/gm)];
  const code = fences.map(([, given = '', block = '']) => given + block).join('\n');
  return [...code.matchAll(/(?:from |import\()'([^']+)'|^import '([^']+)'/gm)]
    .map(([, named, bare]) => `import '${named ?? bare}';`)
    .join('\n');
}
