// How many instructions holding a span takes over recording it, and one sampling decision: `npx pnpm build && node
// bench/hold-instructions.mjs [--only pattern] [--symbols folder]`. Counted by Valgrind's callgrind, garbage collection
// included, so that a busy machine and its caches do not matter; what they matter for a real process is not in it: 32 MB are in
// no cache. `--symbols` leaves callgrind's dump and the names of what V8 compiled. Needs `apt-get install valgrind`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countAnew, counted, requireValgrind, startCounting, underCallgrind } from './callgrind.mjs';
import { HOLDS, makeRequests } from './hold-work.mjs';
import { DECISIONS, makeDecisions } from './sampler-work.mjs';

const SPANS = 4;
/** Until then V8 compiles anew, and a hold of 32 MB is full. */
const WARM_UP = 70_000;
const SETTLE = 2000;
const COUNTED = 8000;
/** A collection of garbage that falls into the count of so many decisions does not tell. */
const COUNTED_DECISIONS = 80_000;

const { values: options, positionals } = parseArgs({
  options: { only: { type: 'string', default: '' }, symbols: { type: 'string' } },
  allowPositionals: true,
});
const [name] = positionals;
if (name === undefined) await count();
else answer(name in HOLDS ? makeRequests(name).run : makeDecisions(name));

async function count() {
  requireValgrind();
  const isWanted = (/** @type {string} */ variant) => new RegExp(options.only).test(variant);
  const holds = Object.keys(HOLDS);
  const [alone = ''] = holds;
  const variants = [...holds, ...Object.keys(DECISIONS)].filter(
    // What holds are compared with is needed for each of them.
    (variant) => isWanted(variant) || (variant === alone && holds.some(isWanted)),
  );
  let recording = Number.NaN;
  console.log(`Node ${process.version}, instructions a span over recording it; a decision\n`);
  for (const variant of variants) {
    const each = await instructionsOf(variant);
    const isHold = variant in HOLDS;
    const amount = isHold ? each / SPANS : each;
    if (variant === alone) recording = amount;
    const over = isHold ? `+${(amount - recording).toFixed(0)}`.padStart(8) : '';
    console.log(`${variant.padEnd(34)}${amount.toFixed(0).padStart(7)}${over}`);
  }
}

/** @param {string} variant */
async function instructionsOf(variant) {
  const folder = mkdtempSync(join(tmpdir(), 'hold-instructions-'));
  const nodeOptions = options.symbols === undefined ? [] : ['--perf-basic-prof'];
  const [command = '', ...words] = underCallgrind(folder, nodeOptions);
  const child = spawn(command, [...words, fileURLToPath(import.meta.url), variant], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    cwd: folder,
  });
  const run = async (/** @type {number} */ times) => {
    child.send({ times });
    await once(child, 'message');
  };
  const times = variant in HOLDS ? COUNTED : COUNTED_DECISIONS;
  try {
    await once(child, 'message');
    await run(WARM_UP);
    startCounting(child.pid);
    await run(SETTLE);
    countAnew(child.pid);
    await run(times);
    const { file: dump, instructions } = counted(folder, child.pid);
    if (options.symbols !== undefined) {
      const file = join(options.symbols, variant.replace(/\W+/g, '-'));
      mkdirSync(options.symbols, { recursive: true });
      copyFileSync(dump, `${file}.cg`);
      copyFileSync(`/tmp/perf-${child.pid}.map`, `${file}.map`);
    }
    return instructions / times;
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {(times: number) => unknown} work */
function answer(work) {
  process.on('message', async (/** @type {{ times: number }} */ { times }) => {
    for (let done = 0; done < times; done += 1000) {
      work(1000);
      await setTimeout(1); // V8 compiles meanwhile
    }
    process.send?.({});
  });
  process.on('disconnect', () => process.exit());
  process.send?.({});
}
