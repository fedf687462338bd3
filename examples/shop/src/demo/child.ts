import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** A running process of the demo that listens on a port. */
export type Child = {
  readonly name: string;
  readonly port: number;
  /** Asks it to end, and ends it after five seconds if it does not. Resolves when it is gone. */
  stop(): Promise<void>;
};

export type ChildSetup = {
  readonly name: string;
  /** The program, relative to this file. */
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with each line of its standard output. */
  readonly onLine: (line: string) => void;
  /** Called if it ends, after it has started, without being asked to. */
  readonly onCrash: (failure: ChildFailure) => void;
  /** Ends it while it starts. */
  readonly signal: AbortSignal;
};

/** A process could not start, or ended by itself. The message ends with the last lines of its standard error. */
export class ChildFailure extends Error {
  override readonly name = 'ChildFailure';
}

const START_MS = 60_000;
const STOP_MS = 5000;
const ERROR_LINES = 15;

/** Starts a process and resolves when it has told its port. Rejects with a `ChildFailure` if it does not. */
export function startChild({ name, program, env, onLine, onCrash, signal }: ChildSetup): Promise<Child> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(program, import.meta.url))], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env,
    // Ctrl-C in a terminal goes to every process of the group: only the demo is to act on it.
    detached: true,
  });
  const errors: string[] = [];
  eachLine(child.stdout, onLine);
  eachLine(child.stderr, (line) => {
    errors.push(line);
    if (errors.length > ERROR_LINES) errors.shift();
  });
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, killedBy) => resolve(killedBy === null ? `exit code ${code}` : `signal ${killedBy}`));
  });
  const failure = (what: string): ChildFailure =>
    new ChildFailure([`${name} ${what}`, ...errors.map((line) => `  ${line}`)].join('\n'));

  let stopping = false;
  async function stop(): Promise<void> {
    stopping = true;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }

  return new Promise((resolve, reject) => {
    const giveUp = (reason: () => Error): void => void stop().then(() => reject(reason()));
    const abort = (): void => giveUp(() => failure('was stopped while it started'));
    const timer = setTimeout(() => giveUp(() => failure(`did not start within ${START_MS / 1000} s`)), START_MS);
    const settled = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    child.once('message', (message: { port: number }) => {
      settled();
      if (!stopping) resolve({ name, port: message.port, stop });
    });
    void gone.then((how) => {
      settled();
      if (stopping) return;
      const crash = failure(`ended with ${how}`);
      reject(crash);
      onCrash(crash);
    });
  });
}

function eachLine(input: Readable | null, onLine: (line: string) => void): void {
  if (input !== null) createInterface({ input }).on('line', onLine);
}
