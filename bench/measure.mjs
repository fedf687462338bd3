import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Starts a script of the benchmark, with the processor `cpu` to itself if the machine can do that; `under` is what runs it. */
export function launch(script, args = [], { env = {}, cpu, execArgv = [], under = [process.execPath] } = {}) {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, {
    cwd: here, // what `--import` names is installed here
    env: { ...process.env, ...env },
    execPath: under[0],
    execArgv: [...under.slice(1), ...execArgv],
    stdio: ['ignore', 'ignore', process.env.BENCH_SHOW_ERRORS === undefined ? 'ignore' : 'inherit', 'ipc'],
  });
  if (cpu !== undefined) pin(child.pid, cpu);
  return child;
}

/** Sends a message and resolves with the answer. */
export function ask(child, message) {
  const answer = nextMessage(child);
  child.send(message);
  return answer;
}

/** The next message of a child; rejects if it ends instead. */
export async function nextMessage(child) {
  const ended = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', { signal: ended.signal }).then(([message]) => message),
      once(child, 'exit', { signal: ended.signal }).then(([code]) => {
        const command = child.spawnargs.slice(1).join(' ');
        throw new Error(`${command} ended with ${code}; BENCH_SHOW_ERRORS=1 shows what it wrote`);
      }),
    ]);
  } finally {
    ended.abort();
  }
}

/** Nanoseconds that all threads of a process have spent on a processor. */
export function cpuTime(pid) {
  let total = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      total += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
    } catch {} // a thread that ended meanwhile
  }
  return total;
}

/** Resident memory in megabytes. */
export function residentMegabytes(pid) {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** @param {readonly number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

// Best effort: a machine without taskset measures with more noise.
function pin(pid, cpu) {
  spawnSync('taskset', ['-a', '-p', '-c', String(cpu), String(pid)]);
}
