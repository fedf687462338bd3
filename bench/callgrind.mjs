// Counts the instructions of a Node process's main thread by Valgrind's callgrind: what V8 compiles in others meanwhile falls into one
// count and not into the next.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MAIN_THREAD = '-01';

/** Throws where Valgrind is not installed. */
export function requireValgrind() {
  if (spawnSync('callgrind_control', ['--version']).status !== 0)
    throw new Error('Valgrind is not installed: `apt-get install valgrind`.');
}

/**
 * The command that runs Node so that its instructions can be counted from some moment on. What is compiled while it runs is
 * looked at anew wherever it changes; garbage is collected by the thread that made it, and not by the clock.
 *
 * @param {string} folder where to leave what was counted
 * @param {readonly string[]} [nodeOptions]
 */
export function underCallgrind(folder, nodeOptions = []) {
  const callgrind = ['-q', '--tool=callgrind', '--instr-atstart=no', '--smc-check=all-non-file', '--fair-sched=yes'];
  const out = ['--separate-threads=yes', `--callgrind-out-file=${join(folder, 'out')}`];
  return [
    'valgrind',
    ...callgrind,
    ...out,
    process.execPath,
    '--single-threaded-gc',
    '--no-memory-reducer',
    ...nodeOptions,
  ];
}

/** Begins to count. @param {number | undefined} pid */
export function startCounting(pid) {
  control('-i', 'on', pid);
}

/** Counts from zero. @param {number | undefined} pid */
export function countAnew(pid) {
  control('-z', pid);
}

/** The file with what was counted so far, and how much it was. @param {string} folder @param {number | undefined} pid */
export function counted(folder, pid) {
  control('-d', pid);
  const file = join(
    folder,
    readdirSync(folder).find((name) => name.startsWith('out.') && name.endsWith(MAIN_THREAD)) ?? '',
  );
  const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(file, 'latin1'))?.[1];
  return { file, instructions: Number(total) };
}

/** @param {(string | number | undefined)[]} words */
function control(...words) {
  execFileSync('callgrind_control', words.map(String), { stdio: 'ignore' });
}
