import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { clientThemes, http2Scenarios, messageThemes, serverThemes } from '@throughline/testkit';
import { beforeAll, describe, expect, it, vi } from 'vitest';

// Which scenarios run for whom is what the contract tests say: they are imported here with a kit that takes notes instead.
// After a change of scenarios or subjects, `pnpm vitest run test/contract-table.test.ts -u` writes the page anew.

const root = new URL('..', import.meta.url);
const PAGE = fileURLToPath(new URL('packages/testkit/CONTRACT.md', root));
const README = fileURLToPath(new URL('packages/testkit/README.md', root));
const GUIDE = fileURLToPath(new URL('docs/writing-an-adapter.md', root));

type Run = { readonly name: string; readonly skip?: Readonly<Record<string, string>> };
type Themes = Readonly<Record<string, readonly { readonly title: string }[]>>;

const servers: Run[] = [];
const http2Servers: Run[] = [];
const clients: Run[] = [];
const brokers: Run[] = [];

vi.mock('@throughline/testkit', async (importKit) => ({
  ...(await importKit<object>()),
  httpServerContract: (run: Run) => servers.push(run),
  http2ServerContract: (run: Run) => http2Servers.push(run),
  httpClientContract: (run: Run) => clients.push(run),
  messageContract: (run: Run) => brokers.push(run),
}));

beforeAll(async () => {
  for (const file of contractTests()) await import(file);
}, 120_000); // they import every framework there is

describe('the page of the contract', () => {
  it('lists every scenario and every subject, with the reason of each skip', async () => {
    await expect(page(), 'Run `pnpm vitest run test/contract-table.test.ts -u`.').toMatchFileSnapshot(PAGE);
  });

  it('is summed up in the README by the same themes', () => {
    const readme = readFileSync(README, 'utf8').replaceAll(/\s+/g, ' ');
    const [server, client, broker] = [serverThemes, clientThemes, messageThemes].map((themes) =>
      Object.keys(themes).join(' · '),
    );
    expect(readme).toContain(`- **Servers**: ${server}`);
    expect(readme).toContain(`- **Clients**: ${client}`);
    expect(readme).toContain(`- **Messages**: ${broker}`);
  });

  it('has as many scenarios as the guide to adapters says', () => {
    expect(readFileSync(GUIDE, 'utf8')).toContain(
      `a contract of ${Object.values(serverThemes).flat().length} scenarios`,
    );
  });

  it('knows the subjects of all adapters and clients', () => {
    const names = [...servers, ...http2Servers, ...clients, ...brokers].map((run) => run.name);
    expect(names).toEqual(
      expect.arrayContaining([
        'express',
        'fastify',
        'bare node:http2',
        'fetch',
        'axios',
        'amqplib',
        'nats',
        'kafkajs',
        'bullmq',
      ]),
    );
  });
});

function contractTests(): string[] {
  const folders = ['test', ...readdirSync(new URL('packages', root)).map((name) => `packages/${name}/test`)];
  return folders
    .map((folder) => fileURLToPath(new URL(folder, root)))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`))
    .filter((file) => /[./]contract(-kit)?\.test\.ts$/.test(file))
    .sort();
}

function page(): string {
  return [
    '# The contract',
    '',
    '<!-- Written by test/contract-table.test.ts. Do not edit: run `pnpm vitest run test/contract-table.test.ts -u`. -->',
    '',
    'Every scenario of the kit, and whom it runs against in the tests of this repository, over real sockets. ✓ is a test that has',
    'to pass; a number is a skip, with its reason below.',
    '',
    ...section('Servers', serverThemes, servers),
    ...section('Servers over HTTP/2', { 'What differs': http2Scenarios }, http2Servers),
    ...section('Clients', clientThemes, clients),
    ...section('Messages', messageThemes, brokers),
  ].join('\n');
}

function section(heading: string, themes: Themes, runs: readonly Run[]): string[] {
  const total = Object.values(themes).flat().length;
  const reasons = [...new Set(runs.flatMap(({ skip = {} }) => Object.values(skip)))];
  const cell = (title: string, { skip = {} }: Run): string => {
    const reason = skip[title];
    return reason === undefined ? '✓' : String(reasons.indexOf(reason) + 1);
  };
  return [
    `## ${heading}`,
    '',
    `${total} scenarios.`,
    '',
    ...Object.entries(themes).flatMap(([theme, scenarios]) => [
      `### ${theme}`,
      '',
      ...table([
        ['Scenario', ...runs.map(({ name }) => name)],
        ...scenarios.map(({ title }) => [title, ...runs.map((run) => cell(title, run))]),
      ]),
      '',
    ]),
    ...reasons.flatMap((reason, index) => [`${index + 1}. ${reason}`, '']),
  ];
}

// As the formatter has it: cells as wide as their column.
function table([head = [], ...body]: readonly (readonly string[])[]): string[] {
  const lines = [head, ...body].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)));
  const rule = widths.map((width) => '-'.repeat(width));
  const rows = lines.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  return [...rows.slice(0, 1), rule, ...rows.slice(1)].map((cells) => `| ${cells.join(' | ')} |`);
}
