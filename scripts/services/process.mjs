import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

// RabbitMQ has taken more than a minute and a half where all servers started at once beside other work.
const PATIENCE_SECONDS = 240;

/** @type {import('node:child_process').ChildProcess[]} */
const started = [];

/**
 * Starts a server and resolves when `isReady` says so; its output is kept in `<directory>/output.log` and quoted when it
 * ends before that.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ directory: string, isReady: () => Promise<boolean>, env?: NodeJS.ProcessEnv, user?: { uid: number, gid: number } | undefined }} options
 */
export async function startServer(program, args, { directory, isReady, env = {}, user }) {
  makeDirectory(directory, user);
  const log = join(directory, 'output.log');
  const output = createWriteStream(log);
  await once(output, 'open');
  const child = spawn(program, args, {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
    ...user,
  });
  started.push(child);
  const ended = once(child, 'exit').then(([code, signal]) => `ended with ${code ?? signal}`);
  const failed = once(child, 'error').then(([error]) => error.message);
  const deadline = Date.now() + PATIENCE_SECONDS * 1000;
  for (;;) {
    if (await isReady().catch(() => false)) return;
    const problem = await Promise.race([ended, failed, pause(100)]);
    if (problem !== undefined || Date.now() > deadline)
      throw new Error(
        `${problem ?? `no answer within ${PATIENCE_SECONDS} s`}\n${readFileSync(log, 'utf8').slice(-3000)}`,
      );
  }
}

/** Ends every server started here, the last one first, and waits for it: politely at first. */
export async function endStarted() {
  for (const child of started.splice(0).reverse()) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(force);
  }
}

/**
 * @param {string} directory
 * @param {{ uid: number, gid: number } | undefined} user
 */
export function makeDirectory(directory, user) {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
}

/**
 * Whether something accepts connections there.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Whether this address answers with a status of 200.
 * @param {string} url
 */
export async function answers(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
  await response.body?.cancel();
  return response.status === 200;
}

/** @param {number} milliseconds @returns {Promise<undefined>} */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, undefined));
}
