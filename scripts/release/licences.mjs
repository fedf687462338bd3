import { spawnSync } from 'node:child_process';
import { root } from './packages.mjs';

/** Licences that whoever installs our packages may take along: permissive ones, none that asks for the source. */
const ALLOWED = new Set(['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0']);

/** @typedef {{ name: string, versions: string[], license: string, homepage?: string }} Licensed */

/**
 * Everything that comes with our packages in production: their dependencies and those of these.
 *
 * @returns {Licensed[]}
 */
export function installedLicences() {
  const { stdout, stderr, status } = spawnSync(
    'npx',
    ['pnpm', '--silent', '--filter', './packages/*', 'licenses', 'list', '--prod', '--json'],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (status !== 0) throw new Error(`pnpm licenses ended with ${status}: ${stderr}${stdout}`);
  return Object.values(/** @type {Record<string, Licensed[]>} */ (JSON.parse(stdout))).flat();
}

/** Those that are not allowed, in sentences. @param {Licensed[]} installed */
export function refusedLicences(installed) {
  return installed
    .filter(({ license }) => !isAllowed(license))
    .map(({ name, versions, license }) => `${name} ${versions.join(', ')} is under ${license}, which is not allowed`);
}

/** @param {string} expression of SPDX, such as `(MIT OR GPL-2.0)` */
function isAllowed(expression) {
  const alternatives = expression.replace(/[()]/g, '').split(' OR ');
  return alternatives.some((all) => all.split(' AND ').every((licence) => ALLOWED.has(licence.trim())));
}
