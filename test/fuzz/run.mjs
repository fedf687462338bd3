// Looks for longer than the tests do for what strangers could send to harm us, and for programs of requests that show a fault
// of an adapter (half of the time each):
//
//   npx pnpm test:fuzz --seconds 600 --seed 7
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
if (!(Number(values.seconds) > 0) || !Number.isInteger(Number(values.seed))) {
  console.error('Usage: npx pnpm test:fuzz [--seconds <number>] [--seed <number>]');
  process.exit(2);
}
console.log(`${values.seconds} seconds, seed ${values.seed}`);
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const env = { ...process.env, FUZZ_SECONDS: String(Number(values.seconds) / 2), FUZZ_SEED: values.seed };
// One after the other: each has a time-out for what takes too long.
const failed = ['test/fuzz.test.ts', 'test/fuzz-servers.test.ts'].filter(
  (file) =>
    spawnSync(process.execPath, [vitest, 'run', '--silent=false', file], { stdio: 'inherit', env }).status !== 0,
);
process.exit(failed.length === 0 ? 0 : 1);
