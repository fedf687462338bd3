import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.mjs';
import { archivesFolder } from './maven.mjs';
import { answers, startServer } from './process.mjs';

const VERSION = '3.4.0';
const folder = archivesFolder('chdb', VERSION);

/** ClickHouse's engine, as npm's `chdb` brings it (550 MB), behind as much of its HTTP interface as readers use. */
/** @type {import('../services.mjs').Service} */
export const clickhouse = {
  name: 'clickhouse',
  debian: [],
  isInstalled: () => existsSync(join(folder, 'node_modules', 'chdb', 'package.json')),
  install() {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    spawnSync('npm', ['install', '--no-save', `chdb@${VERSION}`], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  },
  async start(directory) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const server = fileURLToPath(new URL('clickhouse-server.mjs', import.meta.url));
    await startServer(process.execPath, [server, folder, String(port)], {
      directory,
      isReady: () => answers(`${url}/ping`),
    });
    return { THROUGHLINE_TEST_CLICKHOUSE_URL: url };
  },
};
