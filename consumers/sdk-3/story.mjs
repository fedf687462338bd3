// Everything but `sdk` beside OpenTelemetry's SDK 3: the packages' own tests, with the packed packages, on Node 24.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2];
cpSync(join(root, 'tsconfig.base.json'), 'tsconfig.json');
for (const name of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', name);
  if (name === 'sdk' || !existsSync(join(folder, 'test'))) continue;
  for (const part of ['test', 'src']) cpSync(join(folder, part), join('packages', name, part), { recursive: true });
}
for (const file of readdirSync('packages', { recursive: true, encoding: 'utf8' })) {
  const path = join('packages', file);
  if (!file.endsWith('.test.ts') || !isAboutSdk2(readFileSync(path, 'utf8'))) continue;
  console.log(`   left out, for it is about SDK 2: ${path}`);
  rmSync(path);
}

const vitest = [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--pool',
  'forks',
  '--testTimeout',
  '60000',
  '--reporter',
  'dot',
];
const { status } = spawnSync(process.execPath, [join(root, 'scripts/with-node.mjs'), '24', ...vitest], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

/** @param {string} text the source of a test */
function isAboutSdk2(text) {
  return /'@opentelemetry\/(sdk-trace-node|instrumentation-|sdk-trace-base)|'@fastify\/otel'/.test(text);
}
