// Whether the code of those who will read the files of deploy/ takes them: Compose, the types of Kubernetes, and the OpenTelemetry
// Collector with the parts that are used. Needs Go; building them takes minutes the first time, and seconds later:
//
//   npx pnpm test:deploy
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'throughline-deploy-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
const validator = join(folder, 'validator');

const began = performance.now();
const built = spawnSync('go', ['build', '-o', validator, '.'], {
  cwd: fileURLToPath(new URL('.', import.meta.url)),
  stdio: 'inherit',
});
if (built.status !== 0) {
  console.error(
    built.error === undefined ? 'The validator does not build.' : 'This needs Go 1.25 or later: https://go.dev/dl',
  );
  process.exit(2);
}
console.log(`built in ${Math.round((performance.now() - began) / 1000)} s`);

const folders = readdirSync(deploy, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const composed = folders.map(({ name }) => `${name}/compose.yaml`).filter((path) => existsSync(join(deploy, path)));
const checks = [
  ['compose', ...composed],
  ['kubernetes', ...readdirSync(join(deploy, 'kubernetes')).map((name) => `kubernetes/${name}`)],
  ...['grafana/collector.yaml', 'available/load-balancing.yaml', 'available/tail-sampling.yaml'].map((path) => [
    'collector',
    'validate',
    `--config=${path}`,
  ]),
];
let failed = false;
for (const check of checks) {
  const env = { ...process.env, GRAFANA_PASSWORD: 'of the check' };
  const { status } = spawnSync(validator, check, { cwd: deploy, env, stdio: ['ignore', 'ignore', 'inherit'] });
  console.log(`${status === 0 ? '✓' : '✗'} ${check.join(' ')}`);
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
