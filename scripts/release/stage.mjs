// What would be published of each package, in published/<name>: `node scripts/release/stage.mjs`, after a build.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { publishedCode } from './code.mjs';
import { publishedManifest } from './manifest.mjs';
import { packages, root } from './packages.mjs';
import { notice, thirdParties } from './third-parties.mjs';
import { publishedTypes } from './types.mjs';

/** @type {Map<string, import('./third-parties.mjs').ThirdParty[]>} */
const bundled = new Map();

if (import.meta.filename === process.argv[1]) await stage();

/** Writes the folders from which npm packs and publishes, and returns them. @returns {Promise<string[]>} */
export async function stage() {
  const all = packages();
  const versions = Object.fromEntries(all.map(({ manifest }) => [manifest.name, manifest.version]));
  rmSync(join(root, 'published'), { recursive: true, force: true });
  const folders = [];
  for (const one of all) folders.push(await stageOne(one, versions));
  return folders;
}

/** What of others became part of a package when it was staged. @param {string} folder */
export function bundledBy(folder) {
  return bundled.get(folder) ?? [];
}

/** @param {import('./packages.mjs').Package} from @param {Record<string, string>} versions */
async function stageOne(from, versions) {
  const { folder, path, manifest } = from;
  if (!existsSync(join(path, 'dist'))) throw new Error(`packages/${folder} is not built. Run: npx pnpm build`);
  const to = join(root, 'published', folder);
  const published = publishedManifest(manifest, versions);
  write(join(to, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  for (const file of ['README.md', 'CHANGELOG.md', ...manifest.files.filter((name) => name !== 'dist')])
    if (existsSync(join(path, file))) cpSync(join(path, file), join(to, file), { recursive: true });
  write(join(to, 'LICENSE'), licence(published));
  // The page of the viewer is bundled already.
  if (existsSync(join(path, 'dist/page'))) cpSync(join(path, 'dist/page'), join(to, 'dist/page'), { recursive: true });
  const code = await publishedCode(from);
  const parties = thirdParties(
    path,
    code.flatMap(({ modules }) => modules),
  );
  bundled.set(folder, parties);
  if (parties.length > 0) write(join(to, 'THIRD-PARTY'), notice(parties));
  for (const { file, text, imports } of [...code, ...(await publishedTypes(from))]) {
    for (const specifier of imports) requireInstalled(specifier, published, file);
    write(join(to, 'dist', file), text);
  }
  return to;
}

/**
 * The full text, once in whatever is installed; the notice that the License itself recommends in packages that come with
 * one of those that have the text.
 *
 * @param {import('./packages.mjs').Manifest} manifest
 */
function licence({ dependencies = {} }) {
  const text = readFileSync(join(root, 'LICENSE'), 'utf8');
  const holder = ['@throughline/core', '@throughline/analysis'].find((name) => name in dependencies);
  if (holder === undefined) return text;
  const notice = text.slice(text.lastIndexOf('   Licensed under')).replace(/^ {3}/gm, '');
  return `Copyright The Throughline Authors\n\n${notice.trimEnd()}\n\nThe full text also comes with this package: it is in ${holder}.\n`;
}

/**
 * What a published file imports has to be there for whoever installs the package.
 *
 * @param {string} specifier @param {import('./packages.mjs').Manifest} manifest @param {string} file
 */
function requireInstalled(specifier, manifest, file) {
  if (isBuiltin(specifier) || /^[^@].*\.(c?js|d\.ts)$/.test(specifier)) return;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const installed = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
  if (!(name in installed) && name !== manifest.name)
    throw new Error(`${manifest.name}: dist/${file} imports ${name}, which is no dependency of it`);
}

/** @param {string} path @param {string} text */
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
