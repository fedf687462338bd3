import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { findProgram } from './debian.mjs';
import { answers, makeDirectory, startServer } from './process.mjs';

/**
 * Prometheus with storage for exemplars. A test writes whom to scrape into the file of
 * `THROUGHLINE_TEST_PROMETHEUS_TARGETS`, as `[{ "targets": ["127.0.0.1:3000"] }]`; it is read again every second.
 */
/** @type {import('../services.mjs').Service} */
export const prometheus = {
  name: 'prometheus',
  debian: ['prometheus'],
  isInstalled: () => findProgram('prometheus') !== undefined,
  async start(directory) {
    const port = await freePort();
    makeDirectory(directory, undefined);
    const targets = join(directory, 'targets.json');
    writeFileSync(targets, '[]');
    writeFileSync(
      join(directory, 'prometheus.yml'),
      `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: test
    file_sd_configs: [{ files: ['${targets}'], refresh_interval: 1s }]
`,
    );
    const args = [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ];
    const url = `http://127.0.0.1:${port}`;
    await startServer('prometheus', args, { directory, isReady: () => answers(`${url}/-/ready`) });
    return { THROUGHLINE_TEST_PROMETHEUS_URL: url, THROUGHLINE_TEST_PROMETHEUS_TARGETS: targets };
  },
};
