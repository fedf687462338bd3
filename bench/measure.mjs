import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Starts a script of the benchmark and resolves with its process and the port it reports. */
export async function launch(script, args = [], { env = {}, cpu, execArgv = [] } = {}) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, args, {
    env: { ...process.env, ...env },
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  if (cpu !== undefined) pin(child.pid, cpu);
  return child;
}

/** The next message of a child; rejects if it ends instead. */
export async function answerOf(child) {
  const ended = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', { signal: ended.signal }).then(([message]) => message),
      once(child, 'exit', { signal: ended.signal }).then(([code]) => {
        throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`);
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
    total += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
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
