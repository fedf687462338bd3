import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Scenario } from '../contract.ts';
import { openSocket, rawRequest, serve } from '../http-requests.ts';
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
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let n = 0; n < 3; n += 1) collect();
  return process.memoryUsage().heapUsed;
}
