import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import getReleasePlan from '@changesets/get-release-plan';
import { root } from './packages.mjs';

/**
 * @typedef {{ type: 'major' | 'minor' | 'patch' | 'none', version: string, changes: string[] }} Step from the version in
 *   package.json to the next one
 */

/** What the changesets that wait would make of each package. @returns {Promise<Map<string, Step>>} */
export async function waitingChanges() {
  const { changesets, releases } = await getReleasePlan(root);
  return new Map(
    releases
      .filter(({ type }) => type !== 'none')
      .map(({ name, type, newVersion }) => {
        const own = changesets.filter((changeset) => changeset.releases.some((release) => release.name === name));
        return [name, { type, version: newVersion, changes: own.map(({ summary }) => summary.trim()) }];
      }),
  );
}

/** What the changelog says of a version. @param {string} folder of the package @param {string} version */
export function changelogOf(folder, version) {
  const file = join(root, 'packages', folder, 'CHANGELOG.md');
  if (!existsSync(file)) return '';
  const [, section = ''] = readFileSync(file, 'utf8').split(`\n## ${version}\n`);
  return section.split(/^## /m)[0]?.trim() ?? '';
}
