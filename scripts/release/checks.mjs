import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { understatedChanges, unwrittenChanges } from './api.mjs';
import { installedLicences, refusedLicences } from './licences.mjs';
import { packages, root } from './packages.mjs';
import { tooHeavy } from './sizes.mjs';
import { unused } from './unused.mjs';

/**
 * Everything that keeps what is staged and packed from being published, in sentences.
 *
 * @param {import('./pack.mjs').Tarball[]} tarballs
 * @param {Map<string, import('./plan.mjs').Step>} steps
 * @returns {Promise<string[]>}
 */
export async function problemsOf(tarballs, steps) {
  const all = packages();
  const versions = new Set(all.map(({ manifest }) => manifest.version));
  return [
    ...(versions.size === 1 ? [] : [`Packages have different versions: ${[...versions].join(', ')}`]),
    ...tooHeavy(tarballs),
    ...unwrittenChanges(),
    ...understatedChanges([...versions][0] ?? '', steps),
    ...(await badlyFormed(all.map(({ folder }) => folder))),
    ...refusedLicences(installedLicences()),
    ...unused(),
  ];
}

/** Why the working tree is not what a commit says; empty if it is. */
export function uncommitted() {
  const { stdout } = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
  return stdout.trimEnd() === '' ? [] : [`The working tree has changes that are not committed:\n${stdout.trimEnd()}`];
}

/** @param {string[]} folders */
async function badlyFormed(folders) {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const { messages, pkg } = await publint({
        pkgDir: join(root, 'published', folder),
        level: 'warning',
        strict: true,
      });
      return messages.map((message) => `publint of ${folder}: ${formatMessage(message, pkg)}`);
    }),
  );
  return found.flat();
}
