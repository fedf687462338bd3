import type { ServerResponse } from 'node:http';
import type { Backend } from '../intake/backend.ts';
import { send } from './send.ts';

const MAX_STREAMS = 64;
/** One who reads more slowly than this is behind is let go, and comes back by itself. */
const MAX_BEHIND = 2 ** 20;
const HEARTBEAT = 15_000;

/** Streams what comes in to those who watch, as server-sent events. */
export class LiveStreams {
  readonly #backend: Backend;
  readonly #onUse: () => void;
  readonly #open = new Set<ServerResponse>();

  /** @param onUse called while anybody watches */
  constructor(backend: Backend, onUse: () => void) {
    this.#backend = backend;
    this.#onUse = onUse;
  }

  start(response: ServerResponse): void {
    if (this.#open.size >= MAX_STREAMS) {
      send(response, 503, 'application/json', '{"message":"Too many watch already."}');
      return;
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    this.#open.add(response);
    const write = (text: string) => {
      if (response.writableLength > MAX_BEHIND) response.destroy();
      else response.write(text);
    };
    // Also sends the headers off.
    write(': live\n\n');
    const heartbeat = setInterval(() => {
      this.#onUse();
      write(': still here\n\n');
    }, HEARTBEAT).unref();
    const stop = this.#backend.watch((message) => write(`data: ${JSON.stringify(message)}\n\n`));
    response.once('close', () => {
      clearInterval(heartbeat);
      stop();
      this.#open.delete(response);
    });
  }

  close(): void {
    for (const response of this.#open) response.end();
  }
}
