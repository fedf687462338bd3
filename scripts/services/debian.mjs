import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Installs Debian packages without starting the services they bring.
 * @param {readonly string[]} packages
 */
export function installDebian(packages) {
  if (packages.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!isRoot || findProgram('apt-get') === undefined) {
    console.error(`services: install what is missing first, for example: sudo ${command}`);
    process.exit(2);
  }
  const guards = !existsSync(POLICY);
  if (guards) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    for (const line of ['apt-get update', command]) {
      const [program = '', ...args] = line.split(' ');
      const { status } = spawnSync(program, ['-qq', ...args], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
      if (status !== 0) process.exit(status ?? 1);
    }
  } finally {
    if (guards) rmSync(POLICY);
  }
}

/**
 * The path of a program, also where Debian puts daemons.
 * @param {string} name
 * @param {readonly string[]} [folders] Looked at after the PATH.
 */
export function findProgram(name, folders = []) {
  const path = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', ...folders];
  return path.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/**
 * Somebody without privileges, for servers that refuse to run as root; undefined when we are not root.
 * @param {string} name
 */
export function unprivileged(name) {
  if (process.getuid?.() !== 0) return undefined;
  const id = (/** @type {'-u' | '-g'} */ flag) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}
