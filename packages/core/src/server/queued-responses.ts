import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Lost = (response: ServerResponse) => void;

// One listener for each socket: a client may send any number of requests ahead, and Node warns of more than ten listeners.
const queues = new WeakMap<Socket, Map<ServerResponse, Lost>>();

/**
 * Calls a function if the connection closes before a pipelined response has its turn: Node tells nobody of that where the
 * request was read to its end, or a later one has upgraded the connection
 * (https://github.com/nodejs/node/blob/v24.x/lib/_http_server.js, `abortIncoming` and `onParserExecuteCommon`).
 */
export function whenLost(response: ServerResponse, socket: Socket, lost: Lost): void {
  let queue = queues.get(socket);
  if (queue === undefined) {
    queue = new Map();
    queues.set(socket, queue);
    socket.once('close', loseQueue);
  }
  queue.set(response, lost);
  response.once('close', leaveQueue);
}

function loseQueue(this: Socket): void {
  for (const [response, lost] of queues.get(this) ?? []) if (!response.closed) lost(response);
  queues.delete(this);
}

function leaveQueue(this: ServerResponse): void {
  queues.get(this.req.socket)?.delete(this);
}
