// How long `process.nextTick` takes in a new process, and in one that has been up for a while: `node bench/ticks.mjs`, after a
// build. First by itself, then with what our packages do for it; each in a process of its own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { age } from './age.mjs';
import { quantile } from './measure.mjs';

const TICKS = 40_000;
const ROUNDS = 15;
const OURS = '--traced';

if (process.argv.length > 2) {
  const { tracedListener } = await import('../packages/core/dist/index.js');
  if (process.argv[2] === OURS) tracedListener(() => {});
  const young = await measure();
  await age();
  console.log(JSON.stringify({ 'µs in a new process': young, 'after four full collections': await measure() }));
} else {
  console.log(`Node.js ${process.version}, microseconds of processor time a call, medians of ${ROUNDS} rounds`);
  console.table({ 'by itself': inProcess('--bare'), 'beside our packages': inProcess(OURS) });
}

function inProcess(way) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), way], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function measure() {
  const rounds = [];
  for (let round = -ROUNDS; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    await ticks();
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) rounds.push((user + system) / TICKS);
  }
  return Number(quantile(rounds, 0.5).toFixed(3));
}

/** With an argument and without, as Node calls it. */
function ticks() {
  return new Promise((resolve) => {
    let left = TICKS;
    const tick = () => {
      left -= 1;
      if (left === 0) resolve();
      else if (left % 2 === 0) process.nextTick(tick);
      else process.nextTick(tick, left);
    };
    process.nextTick(tick);
  });
}
