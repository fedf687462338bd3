import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Says where a server listens: to the demo if that started this process, else to whoever reads standard error. A service
 * whose demo is gone ends too, however that died.
 */
export function announce(server: Server): void {
  if (server.listening) report(server);
  else server.once('listening', () => report(server));
  if (process.send !== undefined) process.once('disconnect', () => process.exit());
}

function report(server: Server): void {
  const { port } = server.address() as AddressInfo;
  if (process.send === undefined) process.stderr.write(`http://127.0.0.1:${port}\n`);
  else process.send({ port });
}
