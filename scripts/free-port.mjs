import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ports that systems give for `listen(0)` and for connections, from which two that ask one after the other get
// the same one in 1 of 14,000 times: of the servers of the tests, two shared a port in 1 of 70 starts.
const FIRST = 11_000;
const COUNT = 20_000;
// Processes that are started one after the other begin apart from each other.
const START = process.pid * 32;

let given = 0;

/**
 * A port of the loopback interface on which nothing listens, and which nobody gets who does not ask for it by its number:
 * for a server that is to listen later, or never. Not twice the same in a process.
 */
export async function freePort() {
  for (;;) {
    const port = FIRST + ((START + given++) % COUNT);
    if (await isFree(port)) return port;
  }
}

/** @param {number} port */
async function isFree(port) {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
