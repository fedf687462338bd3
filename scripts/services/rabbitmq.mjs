import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { findProgram } from './debian.mjs';
import { accepts, makeDirectory, startServer } from './process.mjs';

// Debian's own wrapper changes user and refuses most; the broker's script does not.
const BROKER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** @type {import('../services.mjs').Service} */
export const rabbitmq = {
  name: 'rabbitmq',
  debian: ['rabbitmq-server'],
  isInstalled: () => findProgram('rabbitmq-server', ['/usr/lib/rabbitmq/bin']) !== undefined,
  async start(directory) {
    const [port, distribution, mapper] = [await freePort(), await freePort(), await freePort()];
    makeDirectory(directory, undefined);
    writeFileSync(join(directory, 'enabled_plugins'), '[].\n');
    writeFileSync(join(directory, 'rabbitmq.conf'), `listeners.tcp.default = 127.0.0.1:${port}\n`);
    const env = {
      HOME: directory,
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_EPMD_PORT: String(mapper),
      RABBITMQ_NODENAME: `services-${port}@localhost`,
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq'),
      RABBITMQ_CONF_ENV_FILE: join(directory, 'none'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
      RABBITMQ_MNESIA_BASE: join(directory, 'data'),
      RABBITMQ_LOG_BASE: join(directory, 'log'),
      RABBITMQ_PID_FILE: join(directory, 'pid'),
    };
    // The name server of Erlang would be left behind by the broker, so it is a child of ours.
    await startServer('epmd', ['-port', String(mapper)], {
      directory: join(directory, 'epmd'),
      env,
      isReady: () => accepts(mapper),
    });
    await startServer(BROKER, [], { directory, env, isReady: () => accepts(port) });
    return { THROUGHLINE_TEST_RABBITMQ_URL: `amqp://guest:guest@127.0.0.1:${port}` };
  },
};
