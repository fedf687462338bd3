import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http2';

type Follow = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Calls a function with each request over HTTP/2, before anybody else knows of it, until what this returns is called. Node.js 20
 * has no channel that tells of them.
 */
export function followHttp2Requests(follow: Follow): () => void {
  const emitter = Object.getPrototypeOf(createServer()) as { emit?: Emit };
  const { emit } = emitter as { emit: Emit };
  emitter.emit = function emitFollowed(event, ...rest) {
    if (event === 'request') follow(...(rest as Parameters<Follow>));
    return emit.call(this, event, ...rest);
  };
  return () => void delete emitter.emit;
}

type Emit = (this: object, event: string, ...rest: unknown[]) => boolean;
