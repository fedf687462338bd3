import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SERVICES } from './plan.mjs';

const INSTANCES = 2;

/** @typedef {{ key: string, traceId: string, spans: string[], root: boolean, tookMs: number, endMs: number }} Handled */
/**
 * What an instance has sent because of peers: bytes by trace, and of it the headers of responses, and the messages, all that
 * their connections have carried both ways; and how late its timers were at the 99th percentile.
 * @typedef {{ wireBytes: [traceId: string, bytes: number][], responses: number, responseBytes: number, pushBytes: number, messages: number, told: number, lateMs: number, stats: import('@throughline/sdk').SpanCounts }} Result
 */

/**
 * All services, two instances of each, every one a process: half of them Express, half Fastify, with fetch and axios.
 * @param {string} endpoint
 * @param {import('@throughline/sdk').SamplingOptions} sampling
 * @param {(handled: Handled) => void} onHandled
 */
export async function startFleet(endpoint, sampling, onHandled) {
  const children = Array.from({ length: SERVICES * INSTANCES }, (_, index) => {
    const settings = {
      name: `service-${index % SERVICES}`,
      framework: index < SERVICES ? 'express' : 'fastify',
      client: index % 2 === 0 ? 'fetch' : 'axios',
      endpoint,
      sampling,
    };
    return fork(fileURLToPath(new URL('service.mjs', import.meta.url)), [JSON.stringify(settings)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  });
  const ports = await Promise.all(children.map(async (child) => (await message(child, 'port')).port));
  const fleet = Array.from({ length: SERVICES }, (_, service) =>
    ports.filter((_, index) => index % SERVICES === service).map((port) => `http://127.0.0.1:${port}`),
  );
  for (const child of children) {
    child.on('message', (/** @type {{ handled?: Handled }} */ { handled }) => handled && onHandled(handled));
    child.send({ fleet });
  }
  return {
    fleet,
    /** @returns {Promise<Result[]>} */
    results: () =>
      Promise.all(
        children.map(async (child) => {
          child.send({ ask: 'result' });
          return (await message(child, 'result')).result;
        }),
      ),
    /** Ends all processes; whoever takes longer than 10 seconds is killed. */
    async end() {
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const exited = once(child, 'exit');
          if (child.connected) child.send({ ask: 'end' });
          const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
          await exited;
          clearTimeout(force);
        }),
      );
    },
  };
}

/** The next message with this key. @param {import('node:child_process').ChildProcess} child @param {string} key @returns {Promise<any>} */
function message(child, key) {
  return new Promise((resolve, reject) => {
    const exited = (/** @type {number | null} */ code) => reject(new Error(`An instance ended with ${code}`));
    child.once('exit', exited);
    child.on('message', function listen(/** @type {Record<string, unknown>} */ received) {
      if (!(key in received)) return;
      child.off('message', listen).off('exit', exited);
      resolve(received);
    });
  });
}
