import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ports that systems give to whoever asks for any: nobody else begins to listen there meanwhile.
const FIRST = 11_000;
const COUNT = 20_000;

let given = 0;

/** An address of this machine at which nobody listens. */
export async function unusedUrl(): Promise<string> {
  for (;;) {
    const port = FIRST + ((process.pid * 32 + given++) % COUNT);
    const server = createServer();
    const listens = once(server.listen(port, '127.0.0.1'), 'listening').then(
      () => true,
      () => false,
    );
    if (!(await listens)) continue;
    server.close();
    await once(server, 'close');
    return `http://127.0.0.1:${port}/`;
  }
}
