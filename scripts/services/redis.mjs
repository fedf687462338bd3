import { freePort } from '../free-port.mjs';
import { findProgram } from './debian.mjs';
import { accepts, startServer } from './process.mjs';

/** @type {import('../services.mjs').Service} */
export const redis = {
  name: 'redis',
  debian: ['redis-server'],
  isInstalled: () => findProgram('redis-server') !== undefined,
  async start(directory) {
    const port = await freePort();
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    await startServer('redis-server', args, { directory, isReady: () => accepts(port) });
    return { THROUGHLINE_TEST_REDIS_URL: `redis://127.0.0.1:${port}` };
  },
};
