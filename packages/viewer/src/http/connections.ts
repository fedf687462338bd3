import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps a server to so many connections: one more ends the one that has been idle longest, so that whoever opens very many and
 * does nothing with them keeps nobody out. With a request under way on each, the new one is ended.
 */
export function limitConnections(server: Server, most: number): void {
  // In the order in which they became idle.
  const idle = new Set<Socket>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
      idle.delete(socket);
    });
    idle.add(socket);
    if (open <= most) return;
    for (const longest of idle) {
      // It counts as open until it is closed, which is soon.
      idle.delete(longest);
      longest.destroy();
      break;
    }
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
