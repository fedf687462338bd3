// Every entry point of every package loads by `import` and by `require`, its types resolve in each way TypeScript can be
// set up, and the packages are formed as the registry and bundlers expect.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const scope = join('node_modules', '@throughline');
const manifests = readdirSync(scope).map((folder) =>
  JSON.parse(readFileSync(join(scope, folder, 'package.json'), 'utf8')),
);
const entries = manifests.flatMap(({ name, exports }) =>
  Object.entries(exports)
    .filter(([path, target]) => typeof target === 'object' && path !== './package.json')
    .map(([path]) => name + path.slice(1)),
);
const problems = [];

for (const entry of entries) {
  try {
    const byImport = Object.keys(await import(entry)).filter((key) => key !== 'module.exports');
    const byRequire = Object.keys(createRequire(import.meta.url)(entry));
    if (byImport.join() !== byRequire.join()) problems.push(`${entry} gives other names by require than by import`);
  } catch (error) {
    problems.push(`${entry} does not load: ${error instanceof Error ? error.message : error}`);
  }
}
console.log(`   ${entries.length} entry points loaded`);

writeFileSync('all.mts', entries.map((entry, index) => `export * as entry${index} from '${entry}';\n`).join(''));
for (const [module, moduleResolution] of [
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
]) {
  const options = ['--module', module, '--moduleResolution', moduleResolution, '--target', 'es2022', '--lib', 'es2023'];
  const strict = [
    '--strict',
    '--noEmit',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--types',
    'node',
  ];
  const { stdout } = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', ...options, ...strict, 'all.mts'],
    { encoding: 'utf8' },
  );
  // What is wrong in the types of other packages is theirs.
  for (const line of stdout.split('\n'))
    if (/^(all\.mts|node_modules\/@throughline\/)/.test(line)) problems.push(`${moduleResolution}: ${line}`);
}
console.log('   types read with node16, nodenext and bundler');

for (const { name } of manifests) {
  const pkgDir = join('node_modules', name);
  const { messages, pkg } = await publint({ pkgDir, level: 'warning', strict: true });
  for (const message of messages) problems.push(`${name}: ${formatMessage(message, pkg)}`);
}
console.log('   publint has looked');

const tarballs = JSON.parse(readFileSync('package.json', 'utf8')).dependencies;
for (const { name } of manifests) {
  const data = readFileSync(tarballs[name].replace(/^file:/, ''));
  const result = await checkPackage(createPackageFromTarballData(data));
  for (const problem of result.types === false ? [{ kind: 'no types' }] : result.problems) {
    // Packages are ES modules only, which `require` takes since Node 20.19; TypeScript's node10 knows no subpaths.
    if (problem.kind === 'CJSResolvesToESM' || problem.resolutionKind === 'node10') continue;
    problems.push(`${name}: ${problem.kind} ${problem.entrypoint ?? ''} ${problem.resolutionKind ?? ''}`);
  }
}
console.log('   are-the-types-wrong has looked');

for (const problem of problems) console.error(`   ✗ ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
