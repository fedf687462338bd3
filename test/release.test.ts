import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { changedLines, neededStep } from '../scripts/release/api.mjs';
import { refusedLicences } from '../scripts/release/licences.mjs';
import { publishedManifest } from '../scripts/release/manifest.mjs';
import { packages } from '../scripts/release/packages.mjs';
import { shortened } from '../scripts/release/shorten.mjs';
import { tooHeavy } from '../scripts/release/sizes.mjs';
import { notice } from '../scripts/release/third-parties.mjs';

const light = { name: '@throughline/a', version: '1.0.0', filename: 'a.tgz', size: 900, unpackedSize: 1900, files: [] };
const limits = {
  packages: { '@throughline/a': { unpacked: 2, gzip: 1 }, '@throughline/b': { unpacked: 2, gzip: 1 } },
  together: [{ packages: ['@throughline/a', '@throughline/b'], unpacked: 3 }],
};

it('a package that has grown beyond its limit is named with both numbers', () => {
  const heavy = { ...light, size: 1001, unpackedSize: 2001 };
  expect(tooHeavy([heavy], { ...limits, together: [] })).toEqual([
    '@throughline/a has 2.0 kB unpacked, its limit is 2 kB',
    '@throughline/a has 1.0 kB to download, its limit is 1 kB',
  ]);
});

it('packages that are installed together have a limit together', () => {
  const other = { ...light, name: '@throughline/b' };
  expect(tooHeavy([light, other], limits)).toEqual([
    '@throughline/a, @throughline/b have 3.8 kB unpacked together, their limit is 3 kB',
  ]);
  expect(tooHeavy([light, { ...other, unpackedSize: 1000 }], limits)).toEqual([]);
});

it('a package without a limit is named', () => {
  const unknown = { ...light, name: '@throughline/c' };
  expect(tooHeavy([unknown], { ...limits, together: [] })).toEqual([
    '@throughline/c has no limit in scripts/release/size-limits.json',
  ]);
});

it('every package has a limit of its own', () => {
  const tarballs = packages().map(({ manifest }) => ({ ...light, name: manifest.name }));
  expect(tooHeavy(tarballs).filter((problem) => problem.includes('no limit'))).toEqual([]);
});

it('a public type that changes is shown line by line, one that moves is not', () => {
  const before = 'function a(): void;\nfunction b(): void;\n}\n}\n';
  expect(changedLines(before, 'function b(): void;\nfunction a(): void;\n}\n}\n')).toEqual([]);
  expect(changedLines(before, 'function a(): string;\nfunction b(): void;\n}\n')).toEqual([
    '- function a(): void;',
    '- }',
    '+ function a(): string;',
  ]);
});

it('a type that is gone needs a major version, and a minor one before 1.0.0', () => {
  expect(neededStep([], '1.2.3')).toBe('none');
  expect(neededStep(['+ function b(): void;'], '1.2.3')).toBe('minor');
  expect(neededStep(['- function a(): void;', '+ function b(): void;'], '1.2.3')).toBe('major');
  expect(neededStep(['- function a(): void;'], '0.2.3')).toBe('minor');
});

it('a licence that is not allowed is refused, unless there is a choice', () => {
  const licensed = (license: string) => ({ name: 'left', versions: ['1.0.0'], license });
  expect(refusedLicences(['MIT', '(MIT OR GPL-3.0)', 'Apache-2.0 AND ISC'].map(licensed))).toEqual([]);
  expect(refusedLicences(['GPL-3.0', 'MIT AND GPL-3.0', 'Unknown'].map(licensed))).toEqual([
    'left 1.0.0 is under GPL-3.0, which is not allowed',
    'left 1.0.0 is under MIT AND GPL-3.0, which is not allowed',
    'left 1.0.0 is under Unknown, which is not allowed',
  ]);
});

it('published manifests name real versions and only files that are published', () => {
  const versions = Object.fromEntries(packages().map(({ manifest }) => [manifest.name, '1.2.3']));
  for (const { manifest } of packages()) {
    const text = JSON.stringify(publishedManifest(manifest, versions));
    expect(text).not.toMatch(/workspace:|catalog:|\/src\/|devDependencies|"scripts"/);
    expect(JSON.parse(text)).toMatchObject({ license: 'Apache-2.0', publishConfig: { provenance: true } });
  }
});

it('a notice has the text of a licence that asks for it', () => {
  const text = notice([
    { name: 'left', version: '1.0.0', license: 'MIT', author: 'Jo', text: 'Permission is granted' },
  ]);
  expect(text).toContain('left 1.0.0, by Jo, under MIT\n\nPermission is granted');
});

type Workflow = { permissions?: unknown; jobs: Record<string, { permissions?: Record<string, string> }> };
const workflows = new URL('../.github/workflows/', import.meta.url);

it.each(readdirSync(workflows))('%s gives each job what it needs alone, and runs actions of known commits', (file) => {
  const text = readFileSync(new URL(file, workflows), 'utf8');
  const { permissions, jobs } = parse(text) as Workflow;
  expect(permissions).toEqual({});
  // What runs the code of others, which tests do, has no right to write.
  const writing = Object.keys(jobs).filter((name) => Object.values(jobs[name]?.permissions ?? {}).includes('write'));
  expect(writing).toEqual(file === 'release.yml' ? ['release'] : []);
  const used = [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action);
  expect(used.filter((action) => !/^(?:\.\/|.*@[0-9a-f]{40} # v\d)/.test(action))).toEqual([]);
});

it('a function that is called in one place stays a function of the module', async () => {
  const code = `
    function doubled(items, by) { const all = items.map((item) => item * by); all.reverse(); return all; }
    export function twice(items) { return doubled(items, 2); }
  `;
  expect(await shortened(code, true)).toMatch(/^function doubled\(/);
});
