// Everything but `sdk` beside OpenTelemetry's SDK 3: the packages' own tests, with the packed packages, on Node 24.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2];
for (const name of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', name);
  if (name === 'sdk' || !existsSync(join(folder, 'test'))) continue;
  for (const part of ['test', 'src']) cpSync(join(folder, part), join('packages', name, part), { recursive: true });
}
const vitest = 'node_modules/vitest/vitest.mjs';
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'scripts/with-node.mjs'),
    '24',
    vitest,
    'run',
    '--pool',
    'forks',
    '--testTimeout',
    '20000',
    '--reporter',
    'dot',
  ],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
