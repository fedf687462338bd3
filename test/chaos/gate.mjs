import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { freePort } from '../../scripts/free-port.mjs';

/**
 * A port in front of a server, which can be shut (`gone`), or take connections and let nothing through (`hangs`).
 * @param {number} target
 */
export async function startGate(target) {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  let hanging = false;
  const server = createServer((socket) => {
    keep(socket);
    if (hanging) return void socket.resume();
    const onward = keep(connect(target, '127.0.0.1'));
    socket.pipe(onward).pipe(socket);
    socket.once('close', () => onward.destroy());
    onward.once('close', () => socket.destroy());
  });
  const port = await freePort();
  await once(server.listen(port, '127.0.0.1'), 'listening');

  /** @param {import('node:net').Socket} socket */
  function keep(socket) {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    return socket;
  }
  async function shut() {
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }
  async function open() {
    hanging = false;
    for (const socket of sockets) socket.destroy();
    if (!server.listening) await once(server.listen(port, '127.0.0.1'), 'listening');
  }
  return {
    port,
    shut,
    open,
    hang() {
      hanging = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
