// Everything that uses OpenTelemetry's API, but `sdk`, beside OpenTelemetry's SDK 3: the packages' own tests, with the packed
// packages, on Node 24.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = process.argv[2];
cpSync(join(root, 'tsconfig.base.json'), 'tsconfig.json');
cpSync(join(root, 'scripts/free-port.mjs'), 'scripts/free-port.mjs');
for (const name of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', name);
  const { peerDependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (name === 'sdk' || !('@opentelemetry/api' in peerDependencies) || !existsSync(join(folder, 'test'))) continue;
  for (const part of ['test', 'src']) cpSync(join(folder, part), join('packages', name, part), { recursive: true });
}
for (const shared of ['kafka-topic.ts', 'recorder.ts', 'service.ts']) {
  cpSync(join(root, 'test', shared), join('test', shared));
}
for (const file of readdirSync('packages', { recursive: true, encoding: 'utf8' })) {
  const path = join('packages', file);
  if (!file.endsWith('.test.ts') || !isAboutSdk2(path)) continue;
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

/** @param {string} path of a test, or of what one imports */
function isAboutSdk2(path) {
  const text = readFileSync(path, 'utf8');
  if (/'@opentelemetry\/(sdk-|instrumentation-|exporter-)|'@fastify\/otel'|'@throughline\/sdk/.test(text)) return true;
  const own = [...text.matchAll(/'(\.\.?\/[^']+\.ts)'/g)].map(([, file]) => join(dirname(path), file));
  return own.some((file) => file.includes('/test/') && existsSync(file) && isAboutSdk2(file));
}
