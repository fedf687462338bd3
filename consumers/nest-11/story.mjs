// A project of Nest 11, built by Nest's own command with tsc and with SWC, and the test runners that projects have.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { checkService } = await import(pathToFileURL(join(process.argv[2], 'consumers/check-service.mjs')).href);

for (const builder of ['tsc', 'swc']) {
  run(`nest build with ${builder}`, ['node_modules/@nestjs/cli/bin/nest.js', 'build', '--builder', builder]);
  await checkService([process.execPath, 'dist/main.js']);
  console.log(`   Nest 11, built with ${builder}: works`);
}

const jest = ['node_modules/jest/bin/jest.js', '--ci', '--silent', '--injectGlobals', '--testTimeout', '120000'];
// The one setting that Jest needs where a project is CommonJS.
const transformed = {
  testMatch: ['**/jest-commonjs.test.cjs'],
  transform: { '\\.[cm]?js$': ['@swc/jest', { module: { type: 'commonjs' } }] },
  transformIgnorePatterns: ['/node_modules/(?!@throughline/)'],
};
run('Jest', [...jest, '--config', JSON.stringify(transformed)]);
const untransformed = { testMatch: ['**/jest-esm.test.mjs'], moduleFileExtensions: ['mjs', 'js'], transform: {} };
run('Jest with ES modules', ['--experimental-vm-modules', ...jest, '--config', JSON.stringify(untransformed)]);
run('Vitest', ['node_modules/vitest/vitest.mjs', 'run', 'test/vitest.test.mjs', '--hookTimeout', '120000']);

function run(title, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${title} ended with ${status}:\n${stdout}${stderr}`);
  if (!title.startsWith('nest')) console.log(`   ${title}: works`);
}
