import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** Who is at the other end of a connection, by the names that Node.js has for it. */
export type Peer = { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined };

// A registered symbol, so that two copies of this package remember once.
const PEER = Symbol.for('throughline.peer');

type Connection = Peer & { [PEER]?: Peer };

/**
 * Remembers at the first request of a connection who is at its other end. To ask Node.js for the address and the port takes a
 * thousand instructions, each time.
 *
 * It also lets the connections of a server share a hidden class, and Node.js keep what V8 has compiled for it. A connection gets its
 * remote address as a property when somebody asks for it first, and its `timeout` when the first response is sent: where the
 * address is asked for by some requests only, there is a class for each order of the two, more than V8 tells apart, and every
 * property that Node.js reads off a connection takes several times as long. So the first request asks for it, recorded or not.
 *
 * @see https://nodejs.org/api/net.html#sockettimeout it is `undefined` until it is set
 */
export function rememberPeer({ socket, httpVersionMajor }: IncomingMessage): void {
  // That of HTTP/2 stands in for many streams, and frameworks make others up for requests that they inject.
  const connection: Connection | undefined = socket;
  if (httpVersionMajor !== 1 || connection?.[PEER] !== undefined || !(socket instanceof Socket)) return;
  const { remoteAddress, remotePort } = socket;
  connection[PEER] = { remoteAddress, remotePort };
}

/** Who is at the other end of a request's connection. */
export function peerOf({ socket }: IncomingMessage): Peer | undefined {
  const connection: Connection | undefined = socket;
  return connection?.[PEER] ?? connection;
}
