import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packages.mjs';

/**
 * The package.json that is published: without what only this repository needs, with the versions that `workspace:` and
 * `catalog:` stand for.
 *
 * @param {import('./packages.mjs').Manifest} manifest
 * @param {Record<string, string>} versions of the packages of this repository
 */
export function publishedManifest(manifest, versions) {
  const { scripts: _, devDependencies: __, ...published } = structuredClone(manifest);
  for (const target of Object.values(published.exports))
    if (typeof target === 'object') delete target['throughline-source'];
  for (const ranges of [published.dependencies, published.peerDependencies, published.optionalDependencies]) {
    for (const [name, range] of Object.entries(ranges ?? {}))
      Object.assign(ranges ?? {}, { [name]: resolved(name, range, versions) });
  }
  const page = published.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  return {
    ...published,
    files: [...published.files, 'THIRD-PARTY'],
    homepage: `${page}/tree/main/${published.repository.directory}#readme`,
    bugs: `${page}/issues`,
  };
}

/** @param {string} name @param {string} range @param {Record<string, string>} versions */
function resolved(name, range, versions) {
  if (range === 'catalog:') return catalogued(name);
  if (!range.startsWith('workspace:')) return range;
  const version = versions[name];
  // One version for all packages, and they know each other's insides: nothing but this very version fits.
  if (range !== 'workspace:*' || version === undefined)
    throw new Error(`Expected "workspace:*" for ${name}, got ${range}`);
  return version;
}

/** @param {string} name */
function catalogued(name) {
  const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const range = new RegExp(`^  "?${name}"?: (\\S+)$`, 'm').exec(workspace)?.[1];
  if (range === undefined) throw new Error(`${name} is not in the catalog of pnpm-workspace.yaml`);
  return range;
}
