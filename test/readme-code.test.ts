import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Every ```ts block of every README and page is a module of its own and must compile as it stands. What a block takes for given is
// declared in a comment just above it, which a reader of the page does not see:
//   <!-- given: declare const app: import('express').Express; -->
// A block is compiled beside its README, so that it sees what the package sees; those of the root see what the shop sees.

const root = fileURLToPath(new URL('..', import.meta.url));
const LANGUAGES = ['ts', 'sh', 'console', 'json', 'text', ''];
const CONFIG = join(root, '.readme-code');

type Block = { readonly readme: string; readonly line: number; readonly language: string; readonly code: string };

const readmes = [
  'README.md',
  'CONTRIBUTING.md',
  'RATIONALE.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ...['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}/README.md`),
  ),
].filter((path) => existsSync(join(root, path)));
const blocks = readmes.flatMap((readme) => blocksOf(readme, readFileSync(join(root, readme), 'utf8')));
const broken = blocksOf(
  'packages/express/README.md',
  [
    "<!-- given: declare const app: import('express').Express; -->",
    '```ts',
    "import { tracing } from '@throughline/express';",
    'app.use(tracing({ ignored: true }));',
    '```',
  ].join('\n'),
);

let errors: string[] = [];

beforeAll(async () => {
  errors = await compile([...blocks, ...broken]);
}, 120_000);
afterAll(() => {
  for (const folder of [CONFIG, ...blocks.map(folderOf)]) rmSync(folder, { recursive: true, force: true });
});

describe('the code in READMEs', () => {
  it.each(readmes)('compiles in %s', (readme) => {
    expect(errors.filter((error) => error.startsWith(`${readme}:`) && !isPlanted(error))).toEqual([]);
  });

  it('is in languages that are checked, or cannot be', () => {
    const others = blocks.filter((block) => !LANGUAGES.includes(block.language));
    expect(others.map(({ readme, line, language }) => `${readme}:${line} ${language}`)).toEqual([]);
  });

  it('is found in the README of every package', () => {
    for (const name of readdirSync(join(root, 'packages'))) {
      const readme = `packages/${name}/README.md`;
      expect(blocks.filter((block) => block.readme === readme && block.language === 'ts').length, readme).not.toBe(0);
    }
  });

  it('of a package has a page that is read in a minute: at most 60 lines', () => {
    const lengths = readdirSync(join(root, 'packages')).map((name) => {
      const lines = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8').split('\n').length - 1;
      return { name, lines };
    });
    expect(lengths.filter(({ lines }) => lines > 60)).toEqual([]);
  });

  it('would be refused if it used an option that does not exist', () => {
    expect(errors.filter(isPlanted)).toEqual([expect.stringMatching(/^packages\/express\/README\.md:4 .*'ignored'/)]);
  });
});

const isPlanted = (error: string): boolean => error.includes("'ignored'");

function blocksOf(readme: string, markdown: string): Block[] {
  const fences = /^(?:<!-- given: (.*) -->\n)?```(\w*)\n([\s\S]*?)^```$/gm;
  return [...markdown.matchAll(fences)].map((match) => {
    const [, given = '', language = '', code = ''] = match;
    const line = markdown.slice(0, match.index).split('\n').length + (given === '' ? 0 : 1);
    return { readme, line, language, code: `${given}\n${code}` };
  });
}

function folderOf({ readme }: Block): string {
  const folder = dirname(readme);
  return join(root, folder === '.' ? 'examples/shop' : folder, '.readme-code');
}

/** The errors in all blocks, each as `README.md:12 error TS…`, with the line in the README. */
async function compile(all: readonly Block[]): Promise<string[]> {
  const sources = new Map<string, string>();
  for (const [index, block] of all.entries()) {
    if (block.language !== 'ts') continue;
    const file = join(folderOf(block), `${index}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    // Blank lines put the code on the line it has in the README; the last line makes a module of a block without imports.
    writeFileSync(file, `${'\n'.repeat(block.line - 1)}${block.code}export {};\n`);
    sources.set(relative(root, file), block.readme);
  }
  mkdirSync(CONFIG, { recursive: true });
  const files = [...sources.keys()].map((file) => `../${file}`);
  writeFileSync(
    join(CONFIG, 'tsconfig.json'),
    JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: { declaration: false, declarationMap: false },
      files,
      include: [],
    }),
  );
  const output = await run(['node_modules/typescript/bin/tsc', '--pretty', 'false', '-p', CONFIG]);
  const located = [...output.matchAll(/^(.+)\((\d+),\d+\): (error TS.*)$/gm)];
  return located.flatMap(([, file = '', line, message]) => {
    const readme = sources.get(file);
    return readme === undefined ? [] : [`${readme}:${line} ${message}`]; // errors of sources are the type check's
  });
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: 1e7 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}
