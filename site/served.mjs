// Is the site, once built, what the command that `npx pnpm site` prints shows?
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../scripts/free-port.mjs';

const site = fileURLToPath(new URL('.', import.meta.url));
const vitepress = createRequire(import.meta.url)
  .resolve('vitepress/package.json')
  .replace(/package\.json$/, 'bin/vitepress.js');

test('`vitepress serve` shows a page of the site', { timeout: 60_000 }, async () => {
  const port = await freePort();
  const server = spawn(process.execPath, [vitepress, 'serve', '--port', String(port)], {
    cwd: site,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface(server.stdout);
    await Promise.race([
      once(lines, 'line'),
      once(server, 'exit').then(([code]) => assert.fail(`It ended with ${code} instead.`)),
    ]);
    const response = await fetch(`http://localhost:${port}/performance`);
    assert.equal(response.status, 200);
    assert.match(await response.text(), /What tracing costs/);
  } finally {
    server.kill();
  }
});
