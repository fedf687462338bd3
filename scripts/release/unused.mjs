import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './packages.mjs';

/** Files, dependencies and exports that nothing uses, and dependencies that no manifest has: by knip, see `knip.config.ts`. */
export function unused() {
  const knip = [join(root, 'node_modules/knip/bin/knip.js'), '--no-progress', '--no-config-hints'];
  const { status, stdout, stderr } = spawnSync(process.execPath, knip, { cwd: root, encoding: 'utf8' });
  return status === 0 ? [] : [`Not used, or not declared. Delete it, or declare it:\n${stdout}${stderr}`.trimEnd()];
}
