import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { findProgram, unprivileged } from './debian.mjs';
import { makeDirectory, startServer } from './process.mjs';

/** PostgreSQL with trust in everybody on the loopback interface. */
/** @type {import('../services.mjs').Service} */
export const postgres = {
  name: 'postgres',
  debian: ['postgresql'],
  isInstalled: () => program('initdb') !== undefined,
  async start(directory) {
    const port = await freePort();
    const user = unprivileged('postgres');
    const data = join(directory, 'data');
    makeDirectory(directory, user);
    const initialised = spawnSync(
      program('initdb') ?? '',
      ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'],
      { encoding: 'utf8', cwd: directory, ...user },
    );
    if (initialised.status !== 0) throw new Error(initialised.stderr);
    const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${directory}`, 'fsync=off'];
    const isReady = async () =>
      spawnSync(program('pg_isready') ?? '', ['-q', '-h', '127.0.0.1', '-p', String(port)]).status === 0;
    await startServer(
      program('postgres') ?? '',
      ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      { directory, isReady, user },
    );
    return { THROUGHLINE_TEST_POSTGRES_URL: `postgres://postgres@127.0.0.1:${port}/postgres` };
  },
};

/**
 * Debian keeps the programs of each major version in a folder of its own; the newest is taken.
 * @param {string} name
 */
function program(name) {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return findProgram(
    name,
    versions.map((version) => join(root, version, 'bin')),
  );
}
