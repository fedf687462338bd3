import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// Every command in a block of a page is run by CI, by a test, or listed here with the reason why not; and what it names exists.

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...markdownIn('docs'),
  ...['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder)).flatMap((name) => markdownIn(`${folder}/${name}`)),
  ),
  ...markdownIn('bench'),
  ...markdownIn('deploy'),
];
const commands = pages.flatMap((page) => commandsOf(page, readFileSync(join(root, page), 'utf8')));
const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts);
const ci = readFileSync(join(root, '.ci/run'), 'utf8');

const PNPM_COMMANDS = ['install', 'vitest', 'changeset'];

/** Which tests run a command, by how it begins. */
const RUN_BY_TESTS: Readonly<Record<string, string>> = {
  'npm install': 'consumers/run.mjs',
  'npx vitest run': 'vitest.config.ts',
  'npx pnpm vitest': 'vitest.config.ts',
  'npx pnpm viewer': 'packages/viewer/test',
  'node server.mjs': 'test/first-trace.test.ts',
  'npx pnpm install': 'consumers/nextjs/story.mjs',
  'npx next build': 'consumers/nextjs/story.mjs',
  'node local.mjs': 'test/example-stories.test.ts',
  'curl -i http://localhost:3000/orders/7': 'test/first-trace.test.ts',
  'throughline ': 'packages/viewer/test/cli.test.ts',
  'node --test bench/smoke.mjs': 'bench/smoke.mjs',
};

/** Why nobody runs a command. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'npx pnpm bench': 'ten minutes on a quiet machine',
  'npx pnpm fix': 'changes files; `npx pnpm check` is the same without changes',
  'npx pnpm changeset': 'asks questions',
  'npx pnpm api': 'writes files; `npx pnpm release:check` of CI compares them',
  'npx pnpm release --dry-run': '`npx pnpm release:check` of CI is the same without a clean working tree',
  '.ci/run': 'is CI itself',
  'npx pnpm test:soak': 'half an hour; it is for releases',
  'npx pnpm test:deploy':
    'needs Go, and builds the OpenTelemetry Collector: seven minutes of processor time the first time',
  'npx pnpm test:fuzz': 'ten minutes; CI runs it for seconds',
  'docker compose': 'needs Docker; test/deploy.test.ts checks the files against their schemas',
  kubectl: 'needs a cluster; test/deploy.test.ts checks the files against their schemas',
  'export GRAFANA_PASSWORD': 'for docker compose',
  'npm init': 'the reader’s own package',
  'npm pkg': 'the reader’s own package',
  'npm uninstall': 'the reader’s own package',
  'node service.js': 'the reader’s own program',
  'node docs/': 'writes files; test/cost-tables.test.ts and test/pictures.test.ts compare them',
  'node bench/': 'a measurement, of a quiet machine',
  'node --expose-gc bench/': 'a measurement, of a quiet machine',
};

describe('the commands in the documentation', () => {
  it('are found', () => {
    expect(commands.length).toBeGreaterThan(40);
  });

  it.each(commands)('$command ($page) is run by CI, or has a reason', ({ command }) => {
    const isInCi = ci.includes(command) || (command.startsWith('npx pnpm services') && ci.includes('services run all'));
    expect(isInCi || entryOf(RUN_BY_TESTS, command) !== undefined || entryOf(NOT_RUN, command) !== undefined).toBe(
      true,
    );
  });

  it.each(commands)('$command ($page) names what exists', ({ page, command }) => {
    const script = /^npx pnpm (\S+)/.exec(command)?.[1];
    if (script !== undefined) expect([...scripts, ...PNPM_COMMANDS]).toContain(script);
    for (const [, name = ''] of command.matchAll(/@throughline\/([\w-]+)/g)) {
      expect(existsSync(join(root, 'packages', name)), name).toBe(true);
    }
    for (const [path] of command.matchAll(/(?<=\s)(?:packages|examples|bench|docs|test|scripts)\/[\w./-]+/g)) {
      expect(existsSync(join(root, path)) || existsSync(join(root, `${path}.test.ts`)), `${page}: ${path}`).toBe(true);
    }
  });

  it('have no reason or test that is out of date', () => {
    const used = (entry: string): boolean => commands.some(({ command }) => command.startsWith(entry));
    expect([...Object.keys(RUN_BY_TESTS), ...Object.keys(NOT_RUN)].filter((entry) => !used(entry))).toEqual([]);
    expect(Object.values(RUN_BY_TESTS).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

type Documented = { readonly page: string; readonly command: string };

function markdownIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder)).flatMap((name) => (name.endsWith('.md') ? [`${folder}/${name}`] : []));
}

/** The commands of the `sh` blocks of a page, without comments and variables. */
function commandsOf(page: string, markdown: string): Documented[] {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block
      .replaceAll('\\\n', ' ')
      .split('\n')
      .map((line) => line.replace(/(^|\s)#.*/, '').trim())
      .flatMap((line) => line.split(' && '))
      .map((command) => command.replace(/^(?:[A-Z_]+=\S+ )+/, '').replace(/\s+/g, ' '))
      .filter((command) => command !== '')
      .map((command) => ({ page, command })),
  );
}

function entryOf(table: Readonly<Record<string, string>>, command: string): string | undefined {
  return Object.entries(table).find(([beginning]) => command.startsWith(beginning))?.[1];
}
