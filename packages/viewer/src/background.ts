import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BackgroundMessage } from './background-message.ts';
import { stateFolder } from './default-file.ts';
import { identify } from './identity.ts';

/** A viewer that runs in a process of its own. */
export type BackgroundViewer = {
  readonly url: string;
  readonly pid: number;
  /** Whether it was started for this call. */
  readonly isNew: boolean;
};

/** How long nobody has to use it for it to end. */
const IDLE_MS = 3_600_000;
const START_MS = 20_000;
/** How long the viewer of somebody else, who was faster, may take to answer. */
const OTHER_MS = 5000;

/**
 * Finds the viewer of this machine at its port, or starts it in a process that outlives this one and ends when nobody has used it for an
 * hour. Of several who start one at the same time, all get the same. Neither the search nor the viewer keeps this process alive.
 *
 * @throws {Error} if there is none and it cannot start, with why.
 */
export async function findOrStartViewer({ port }: { port: number }): Promise<BackgroundViewer> {
  const url = `http://127.0.0.1:${port}`;
  const running = await identify(url, { ref: false });
  if (running !== undefined) return { url, pid: running.pid, isNew: false };
  const started = await start(port);
  if ('pid' in started) return { url, pid: started.pid, isNew: true };
  // Whoever was faster has the port, or the file and soon the port.
  for (const end = performance.now() + OTHER_MS; performance.now() < end; ) {
    const other = await identify(url, { ref: false });
    if (other !== undefined) return { url, pid: other.pid, isNew: false };
    await delay(100, undefined, { ref: false });
  }
  throw new Error(started.failure);
}

function start(port: number): Promise<{ readonly pid: number } | { readonly failure: string }> {
  const log = openLog();
  const program = fileURLToPath(new URL('./background-process.js', import.meta.url));
  const child = spawn(process.execPath, [program, `${port}`, `${IDLE_MS}`], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: environment(),
    windowsHide: true,
  });
  if (typeof log === 'number') closeSync(log);
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle({ failure: `[viewer] It did not start within ${START_MS} ms.` }), START_MS);
    const settle = (outcome: { pid: number } | { failure: string }) => {
      clearTimeout(timer);
      if (child.connected) child.disconnect();
      resolve(outcome);
    };
    timer.unref();
    child.unref();
    child.channel?.unref();
    child.once('message', (message: BackgroundMessage) =>
      settle(message.is === 'ready' ? { pid: child.pid ?? 0 } : { failure: message.message }),
    );
    child.once('error', ({ message }) => settle({ failure: `[viewer] It could not be started: ${message}` }));
    child.once('exit', (code) => settle({ failure: `[viewer] It ended at its start, with ${code}.` }));
  });
}

function openLog(): number | 'ignore' {
  try {
    const folder = stateFolder(process.env);
    mkdirSync(folder, { recursive: true });
    return openSync(join(folder, 'viewer.log'), 'a');
  } catch {
    return 'ignore';
  }
}

// What the program runs with, such as a debugger or a loader, is not meant for the viewer.
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...env } = process.env;
  return env;
}
