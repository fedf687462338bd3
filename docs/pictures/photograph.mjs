// Takes the pictures of the viewer again, by the tests of its views, with Chromium: `node docs/pictures/photograph.mjs`.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SCREENS } from './screens.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'throughline-pictures-'));
const views = Object.values(SCREENS).map((screen) => screen.replace(/-\d+-\w+$/, ''));
const only = ['-t', `every view (${views.join('|')}) is accessible`];
try {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'packages/viewer/test/page/views.test.ts', ...only];
  const env = { ...process.env, THROUGHLINE_SCREENSHOTS: folder };
  const { status } = spawnSync(process.execPath, vitest, { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`The tests of the views ended with ${status}.`);
  for (const [name, screen] of Object.entries(SCREENS))
    copyFileSync(join(folder, `${screen}.png`), new URL(`${name}.png`, import.meta.url));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
