// Packs every package and uses the tarballs as a stranger would, each story in a scratch folder of its own:
// `node consumers/run.mjs [story…]`. A story is a folder here with a package.json, a `story.mjs` that fails if something
// does not work, and perhaps a `dependencies.mjs` for what the package.json cannot say.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { packAll } from '../scripts/release/pack.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const stories = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const wanted = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'throughline-consumers-'));

try {
  const packed = await packAll(join(scratch, 'tarballs'));
  const tarballs = Object.fromEntries(packed.map(({ name, path }) => [name, path]));
  let failed = 0;
  for (const { name } of stories) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.log(`\n-- ${name}`);
    if (!(await runStory(name, tarballs))) failed += 1;
  }
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** @param {string} name @param {Record<string, string>} tarballs */
async function runStory(name, tarballs) {
  const folder = join(scratch, name);
  cpSync(join(here, name), folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (existsSync(join(folder, 'dependencies.mjs'))) {
    const { dependencies } = await import(pathToFileURL(join(folder, 'dependencies.mjs')).href);
    Object.assign(manifest.dependencies, dependencies(root));
  }
  for (const dependency of Object.keys(manifest.dependencies)) {
    if (dependency in tarballs) manifest.dependencies[dependency] = `file:${tarballs[dependency]}`;
  }
  // Packages depend on each other by version, which no registry has yet.
  manifest.overrides = Object.fromEntries(
    Object.entries(tarballs).map(([dependency, file]) => [dependency, `file:${file}`]),
  );
  for (const dependency of Object.keys(manifest.dependencies)) delete manifest.overrides[dependency];
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  try {
    run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
    run(process.execPath, ['story.mjs', root], folder);
    console.log(`   ${name}: works`);
    return true;
  } catch (error) {
    console.error(`   ${name}: FAILED: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

/** @param {string} command @param {string[]} args @param {string} cwd @param {'inherit' | 'ignore'} [output] */
function run(command, args, cwd, output = 'inherit') {
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', output, 'inherit'] });
  if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` ended with ${status}`);
}
