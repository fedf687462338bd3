// Installs packages into a folder of their own, ours from their tarballs, as their users get them.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} folder an empty one
 * @param {readonly string[]} names which packages to install
 * @param {Readonly<Record<string, string>>} tarballs our packages
 * @param {Readonly<Record<string, string>>} versions which versions of others
 */
export function npmInstall(folder, names, tarballs, versions) {
  const dependencies = Object.fromEntries(names.map((name) => [name, tarballs[name] ?? versions[name]]));
  // Ours depend on each other by version, which no registry has yet.
  const overrides = Object.fromEntries(Object.entries(tarballs).filter(([name]) => !names.includes(name)));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }));
  const words = ['install', '--omit=peer', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, stderr } = spawnSync('npm', words, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`\`npm install\` ended with ${status}: ${stderr.slice(0, 300)}`);
}

/** Where each of the packed packages is, for `npmInstall`. @param {readonly { name: string, path: string }[]} packed */
export function tarballsOf(packed) {
  return Object.fromEntries(packed.map(({ name, path }) => [name, `file:${path}`]));
}
