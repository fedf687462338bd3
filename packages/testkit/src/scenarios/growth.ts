import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Scenario } from '../contract.ts';
import { openSocket, rawRequest, send, serve } from '../http-requests.ts';
import type { KitRoute, ServerSubject } from '../http-server-subject.ts';
import type { SpanRecorder } from '../span-recorder.ts';

const PATHS = 10_000;
const WAVE = 40;
/** Less than any record of so many paths takes, more than the collector leaves lying about. */
const TOLERATED_BYTES = 600_000;

const item: KitRoute = { method: 'GET', path: '/items/:id', handle: () => ({ body: 'ok' }) };

/** Behaviour that takes seconds to show; `httpServerContract` runs it after everything else. */
export const growthScenarios: readonly Scenario<ServerSubject>[] = [
  {
    title: 'ten thousand distinct paths leave nothing behind',
    run: (subject, recorder) =>
      serve(subject, [item], async (url) => {
        await visit(url, recorder, 0, PATHS / 4); // whatever grows once has grown by now
        const before = heapInUse();
        await visit(url, recorder, PATHS, PATHS);
        const grown = heapInUse() - before;
        assert.ok(grown < TOLERATED_BYTES, `The heap has grown by ${grown} bytes.`);
      }),
  },
  {
    title: 'a connection that waits for its next request keeps nothing of the last one',
    async run(subject, recorder) {
      let last: WeakRef<object> | undefined;
      const noting: KitRoute = {
        method: 'GET',
        path: '/noted',
        handle({ request }) {
          last = new WeakRef(request);
          return { body: 'ok' };
        },
      };
      const agent = new Agent({ keepAlive: true });
      await serve(subject, [noting], async (url) => {
        try {
          await send(`${url}/noted`, { agent });
          await recorder.take('GET /noted');
          const collect = collector();
          for (let tries = 0; tries < 10 && last?.deref() !== undefined; tries += 1) {
            await nextTurn(); // what the stack refers to is not collected
            await collect({ execution: 'async' });
          }
          assert.equal(last?.deref(), undefined, 'The request is still referenced.');
          assert.equal(Object.values(agent.freeSockets).flat().length, 1, 'The connection was closed.');
        } finally {
          agent.destroy();
        }
      });
    },
  },
];

async function visit(url: string, recorder: SpanRecorder, first: number, paths: number): Promise<void> {
  for (let done = 0; done < paths; done += WAVE) {
    const socket = openSocket(url);
    socket.resume();
    const requests = Array.from({ length: WAVE }, (_, n) =>
      rawRequest(`GET /${n % 10 === 0 ? 'nothing' : 'items'}/${first + done + n}`),
    );
    socket.end(requests.join(''));
    await new Promise((resolve) => socket.on('close', resolve));
    recorder.clear();
  }
}

function heapInUse(): number {
  const collect = collector();
  for (let n = 0; n < 3; n += 1) void collect();
  return process.memoryUsage().heapUsed;
}

function collector(): (options?: { execution: 'async' }) => Promise<void> {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
