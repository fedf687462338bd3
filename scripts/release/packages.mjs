import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @typedef {Record<string, string>} Ranges
 * @typedef {Record<string, string | Record<string, string>>} Exports
 * @typedef {{
 *   name: string, version: string, private?: boolean, exports: Exports, bin?: Record<string, string>, files: string[],
 *   repository: { type: string, url: string, directory: string }, scripts?: Ranges, devDependencies?: Ranges,
 *   dependencies?: Ranges, peerDependencies?: Ranges, optionalDependencies?: Ranges, [field: string]: unknown,
 * }} Manifest
 * @typedef {{ folder: string, path: string, manifest: Manifest }} Package
 */

/** The packages that are published, each with its manifest as it is in the repository. @returns {Package[]} */
export function packages() {
  return readdirSync(join(root, 'packages')).map((folder) => {
    const path = join(root, 'packages', folder);
    return { folder, path, manifest: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) };
  });
}

/** The entry points of a package: what strangers write after `import`, and the file it leads to. @param {Manifest} manifest */
export function entryPoints({ name, exports }) {
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'object' && target.default !== undefined && target.types !== undefined
      ? [{ specifier: name + path.slice(1), code: target.default, types: target.types }]
      : [],
  );
}
