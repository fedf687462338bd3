import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('crashing.mjs', import.meta.url));

/**
 * A service that keeps a crash spool on a disk without room dies as it would without tracing, and the next one starts.
 * Resolves with what is wrong with that.
 */
export async function checkFullDisk() {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  if (mounted.status !== 0) {
    console.log('a full disk: skipped, for only root can mount a small one');
    rmSync(folder, { recursive: true });
    return [];
  }
  try {
    try {
      writeFileSync(join(folder, 'everything'), Buffer.alloc(1 << 20));
    } catch {
      // That was the intention.
    }
    const dies = (/** @type {string} */ spool) => spawnSync(process.execPath, [program, spool], { encoding: 'utf8' });
    const [full, without] = [dies(folder), dies('')];
    const thrown = (/** @type {string} */ stderr) => /RangeError: on purpose/.test(stderr);
    console.log(`a full disk: exit code ${full.status}, without a spool ${without.status}`);
    return [
      ...(full.status === without.status && full.status !== 0
        ? []
        : [`on a full disk a crash ends with ${full.status}, not ${without.status}`]),
      ...(thrown(full.stderr) && thrown(without.stderr) ? [] : ['on a full disk the error of a crash is not told']),
      ...(dies(folder).stdout.includes('started') ? [] : ['after a crash on a full disk the service does not start']),
    ];
  } finally {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  }
}
