import { Worker } from 'node:worker_threads';
import { type Answer, problem } from '../api/answer.ts';
import type { LiveMessage } from '../api/messages.ts';
import type { StoreSettings } from '../store/open-store.ts';
import type { Backend, Receipt } from './backend.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

/**
 * Megabytes for objects that are young. Spans live until they are stored, or until a trace of many has been analysed: in the 48 that
 * Node 20 has otherwise they would be copied again and again meanwhile.
 */
const YOUNG_GENERATION_MB = 192;
const STOPPED = 'The store of the viewer has stopped; start the viewer again.';

/**
 * Runs the backend in a thread of its own.
 *
 * @throws {Error} if the store cannot be opened, with why and what to do.
 */
export async function startThread(
  entry: URL,
  settings: StoreSettings,
  log: (message: string) => void,
): Promise<Backend> {
  const thread = new Worker(entry, {
    workerData: settings,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const receipts = new Map<number, (receipt: Receipt) => void>();
  const answers = new Map<number, (answer: Answer) => void>();
  const listeners = new Set<(message: LiveMessage) => void>();
  let nextId = 0;
  let isRunning = true;
  const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  const tell = (message: ToThread, moved: ArrayBuffer[] = []) => thread.postMessage(message, moved);
  await new Promise<void>((resolve, reject) => {
    thread.on('message', (message: FromThread) => {
      switch (message.is) {
        case 'ready':
          return resolve();
        case 'failed':
          return reject(new Error(message.message));
        case 'receipt':
          receipts.get(message.id)?.(message.receipt);
          return receipts.delete(message.id);
        case 'answer':
          answers.get(message.id)?.(message.answer);
          return answers.delete(message.id);
        case 'live':
          for (const listener of listeners) listener(message.message);
          return;
        case 'log':
          return log(message.message);
      }
    });
    thread.on('error', (error) => {
      log(`[viewer] The store has stopped: ${error.message}`);
      reject(error);
    });
    void exited.then(() => {
      isRunning = false;
      for (const settle of receipts.values()) settle({ outcome: 'deferred', reason: STOPPED });
      for (const settle of answers.values()) settle(problem(503, STOPPED));
    });
  });

  return {
    receive(delivery) {
      if (!isRunning) return Promise.resolve({ outcome: 'deferred', reason: STOPPED });
      return new Promise((resolve) => {
        const id = nextId++;
        receipts.set(id, resolve);
        // A part of a larger buffer would be sent with all of it.
        const body = new Uint8Array(delivery.body);
        tell({ is: 'delivery', id, delivery: { ...delivery, body } }, [body.buffer]);
      });
    },
    answer({ method, path, parameters, accept, message }) {
      if (!isRunning) return Promise.resolve(problem(503, STOPPED));
      return new Promise((resolve) => {
        const id = nextId++;
        answers.set(id, resolve);
        const question = { is: 'question', id, method, path, parameters: parameters.toString(), accept } as const;
        tell(message === undefined ? question : { ...question, message });
      });
    },
    watch(listener) {
      listeners.add(listener);
      if (listeners.size === 1) tell({ is: 'watch', on: true });
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && isRunning) tell({ is: 'watch', on: false });
      };
    },
    async close() {
      if (isRunning) tell({ is: 'close' });
      await exited;
    },
  };
}
