import type { IncomingMessage } from 'node:http';

/**
 * Lets the connections of a server share a hidden class, and Node.js keep what V8 has compiled for it. A connection gets its
 * remote address as a property when somebody asks for it first, and its `timeout` when the first response is sent: where the
 * address is asked for by some requests only, there is a class for each order of the two, more than V8 tells apart, and every
 * property that Node.js reads off a connection takes several times as long. So the first request asks for it, recorded or not.
 *
 * @see https://nodejs.org/api/net.html#sockettimeout it is `undefined` until it is set
 */
export function shareConnectionShape({ socket, httpVersionMajor }: IncomingMessage): void {
  if (httpVersionMajor === 1 && socket?.timeout === undefined) void socket?.remoteAddress;
}
