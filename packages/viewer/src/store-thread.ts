import { parentPort, workerData } from 'node:worker_threads';
import { createStoreBackend } from './intake/store-backend.ts';
import type { FromThread, ToThread } from './intake/thread-messages.ts';
import { openStore, type StoreSettings } from './store/open-store.ts';

/** A long answer is made bytes here, so that the thread with the sockets only passes them on. */
const LONG = 65_536;

/** The thread that decodes, stores and answers, so that sockets never wait for it. */
async function run(): Promise<void> {
  const post = (message: FromThread, moved: ArrayBuffer[] = []) => parentPort?.postMessage(message, moved);
  const log = (message: string) => post({ is: 'log', message });
  const store = await openStore(workerData as StoreSettings, log);
  const backend = createStoreBackend(store, log);
  let stop: (() => void) | undefined;
  parentPort?.on('message', async (message: ToThread) => {
    switch (message.is) {
      case 'delivery':
        return post({ is: 'receipt', id: message.id, receipt: await backend.receive(message.delivery) });
      case 'question': {
        const { is: _, id, parameters, ...question } = message;
        const answer = await backend.answer({ ...question, parameters: new URLSearchParams(parameters) });
        if (answer.body.length < LONG) return post({ is: 'answer', id, answer });
        const body = typeof answer.body === 'string' ? new TextEncoder().encode(answer.body) : answer.body.slice();
        return post({ is: 'answer', id, answer: { ...answer, body } }, [body.buffer as ArrayBuffer]);
      }
      case 'watch':
        stop?.();
        stop = message.on ? backend.watch((live) => post({ is: 'live', message: live })) : undefined;
        return;
      case 'close':
        await backend.close().catch((error) => log(`[viewer] ${error instanceof Error ? error.message : error}`));
        parentPort?.close();
    }
  });
  post({ is: 'ready' });
}

run().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  parentPort?.postMessage({ is: 'failed', message } satisfies FromThread);
  parentPort?.close();
});
