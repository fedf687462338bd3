import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { findProgram } from './debian.mjs';
import { accepts, startServer } from './process.mjs';

/** NATS with JetStream. */
/** @type {import('../services.mjs').Service} */
export const nats = {
  name: 'nats',
  debian: ['nats-server'],
  isInstalled: () => findProgram('nats-server') !== undefined,
  async start(directory) {
    const port = await freePort();
    const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(directory, 'jetstream')];
    await startServer(findProgram('nats-server') ?? '', args, { directory, isReady: () => accepts(port) });
    return { THROUGHLINE_TEST_NATS_URL: `nats://127.0.0.1:${port}` };
  },
};
