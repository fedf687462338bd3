// The tarballs that would be published: `node scripts/release/pack.mjs <folder>`, after a build.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stage } from './stage.mjs';

/**
 * @typedef {{
 *   name: string, version: string, filename: string, size: number, unpackedSize: number,
 *   files: { path: string, size: number }[],
 * }} Tarball what npm tells: `size` is that of the compressed file
 */

if (import.meta.filename === process.argv[1]) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('Usage: node scripts/release/pack.mjs <folder>');
  for (const { path } of await packAll(resolve(folder))) console.log(path);
}

/** @param {string} folder @returns {Promise<(Tarball & { path: string })[]>} */
export async function packAll(folder) {
  const staged = await stage();
  mkdirSync(folder, { recursive: true });
  const options = ['--json', '--loglevel=error', '--pack-destination', folder];
  const { status, stdout, stderr } = spawnSync('npm', ['pack', ...options, ...staged], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack ended with ${status}: ${stderr}`);
  /** @type {Tarball[]} */
  const packed = JSON.parse(stdout);
  // npm 9 to 11 name files differently in what they print and in the folder.
  return packed.map((one) => ({ ...one, path: join(folder, one.filename.replace('@', '').replace('/', '-')) }));
}
