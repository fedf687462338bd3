// How many instructions holding a span takes over recording it, and one sampling decision: `npx pnpm build && node
// bench/hold-instructions.mjs [--only part of a name] [--symbols folder]`. Counted by Valgrind's callgrind, garbage collection included, so that neither a
// busy machine nor its caches matter; what they matter for a real process is not in it: 32 MB are in no cache. `--symbols`
// leaves callgrind's dump and the names of what V8 compiled. Needs `apt-get install valgrind`.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DECISIONS, HOLDS, makeDecisions, makeRequests } from './hold-work.mjs';

const SPANS = 4;
/** Until then V8 compiles anew, and a hold of 32 MB is full. */
const WARM_UP = 70_000;
const SETTLE = 2000;
const COUNTED = 8000;

const { values: options, positionals } = parseArgs({
  options: { only: { type: 'string', default: '' }, symbols: { type: 'string' } },
  allowPositionals: true,
});
const [name] = positionals;
if (name === undefined) await count();
else answer(name in HOLDS ? makeRequests(name).run : makeDecisions(name));

async function count() {
  if (spawnSync('callgrind_control', ['--version']).status !== 0)
    throw new Error('Valgrind is not installed: `apt-get install valgrind`.');
  let alone = Number.NaN;
  console.log(`Node ${process.version}, instructions a span over recording it; a decision\n`);
  for (const variant of [...Object.keys(HOLDS), ...DECISIONS]) {
    const isHold = variant in HOLDS;
    const isFirst = variant === Object.keys(HOLDS)[0];
    if (
      !new RegExp(options.only).test(variant) &&
      !(isFirst && Object.keys(HOLDS).some((each) => new RegExp(options.only).test(each)))
    )
      continue;
    const each = await instructionsOf(variant);
    const amount = isHold ? each / SPANS : each;
    if (isFirst) alone = amount;
    console.log(
      `${variant.padEnd(34)}${amount.toFixed(0).padStart(7)}${isHold ? `+${(amount - alone).toFixed(0)}`.padStart(8) : ''}`,
    );
  }
}

/** @param {string} variant */
async function instructionsOf(variant) {
  const folder = mkdtempSync(join(tmpdir(), 'hold-instructions-'));
  // What is compiled while it runs is looked at anew wherever it changes; collecting garbage in one thread is counted the same each time.
  const valgrind = ['-q', '--tool=callgrind', '--instr-atstart=no', '--smc-check=all-non-file', '--fair-sched=yes'];
  const node = ['--single-threaded-gc', ...(options.symbols === undefined ? [] : ['--perf-basic-prof'])];
  const self = fileURLToPath(import.meta.url);
  const child = spawn(
    'valgrind',
    [...valgrind, `--callgrind-out-file=${join(folder, 'out')}`, process.execPath, ...node, self, variant],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], cwd: folder },
  );
  const run = async (/** @type {number} */ times) => {
    child.send({ times });
    await once(child, 'message');
  };
  try {
    await once(child, 'message');
    await run(WARM_UP);
    control('-i', 'on', child.pid);
    await run(SETTLE);
    control('-z', child.pid);
    await run(COUNTED);
    control('-d', child.pid);
    const dump = join(folder, readdirSync(folder).find((file) => file.startsWith('out.')) ?? '');
    const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(dump, 'latin1'))?.[1];
    if (options.symbols !== undefined) {
      const file = join(options.symbols, variant.replace(/\W+/g, '-'));
      mkdirSync(options.symbols, { recursive: true });
      copyFileSync(dump, `${file}.cg`);
      copyFileSync(`/tmp/perf-${child.pid}.map`, `${file}.map`);
    }
    return Number(total) / COUNTED;
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {(times: number) => void} work */
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

/** @param {(string | number | undefined)[]} words */
function control(...words) {
  execFileSync('callgrind_control', words.map(String), { stdio: 'ignore' });
}
