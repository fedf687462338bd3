import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { archivesFolder, fetchArchives } from './maven.mjs';
import { answers, startServer } from './process.mjs';

const VERSION = '3.5.1';

/** Zipkin's published server, storing in memory. */
/** @type {import('../services.mjs').Service} */
export const zipkin = {
  name: 'zipkin',
  debian: ['openjdk-17-jre-headless', 'maven'],
  isInstalled: () =>
    existsSync(archivesFolder('zipkin-server', VERSION)) && spawnSync('java', ['-version']).status === 0,
  install: () =>
    fetchArchives({
      group: 'io.zipkin',
      artifact: 'zipkin-server',
      version: VERSION,
      classifier: 'exec',
      transitive: false,
    }),
  async start(directory) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const jar = join(archivesFolder('zipkin-server', VERSION), `zipkin-server-${VERSION}-exec.jar`);
    await startServer('java', ['-Xmx384m', '-XX:+UseSerialGC', '-jar', jar], {
      directory,
      env: { QUERY_PORT: String(port), ZIPKIN_SELF_TRACING_ENABLED: 'false' },
      isReady: () => answers(`${url}/health`),
    });
    return { THROUGHLINE_TEST_ZIPKIN_URL: url };
  },
};
