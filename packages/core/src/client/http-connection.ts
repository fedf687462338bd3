import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Attributes } from '@opentelemetry/api';
import { ATTR_NETWORK_PEER_ADDRESS, ATTR_NETWORK_PEER_PORT } from '@opentelemetry/semantic-conventions';

/** The other end of a connection, as attributes; nothing while it is not connected. */
export function peerAttributes({ remoteAddress, remotePort }: Socket): Attributes | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return { [ATTR_NETWORK_PEER_ADDRESS]: remoteAddress, [ATTR_NETWORK_PEER_PORT]: remotePort };
}

/** The version of HTTP that is spoken over a connection, as `network.protocol.version` has it. */
export function negotiatedVersion(socket: Socket): string {
  return (socket as Partial<TLSSocket>).alpnProtocol === 'h2' ? '2' : '1.1';
}

/** Calls back with the socket of a request when it is connected; never if that fails. */
export function whenConnected(request: ClientRequest, callback: (socket: Socket) => void): void {
  const follow = (socket: Socket): void => {
    if (socket.connecting) socket.once('connect', () => callback(socket));
    else callback(socket);
  };
  if (request.socket === null) request.once('socket', follow);
  else follow(request.socket);
}
