import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.mjs';
import { findProgram } from './debian.mjs';
import { answers, startServer } from './process.mjs';

const requirements = fileURLToPath(new URL('./python/requirements.txt', import.meta.url));
const program = fileURLToPath(new URL('./python/service.py', import.meta.url));
const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
const environment = fileURLToPath(new URL(`../../node_modules/.cache/services/python-${version}`, import.meta.url));
const python = join(environment, 'bin', 'python');

/** How a service may propagate, and the variable that says where the one that does is. */
const FORMATS = {
  THROUGHLINE_TEST_PYTHON_URL: 'tracecontext,baggage',
  THROUGHLINE_TEST_PYTHON_B3_URL: 'b3,baggage',
  THROUGHLINE_TEST_PYTHON_B3MULTI_URL: 'b3multi,baggage',
};

/**
 * Services on FastAPI with OpenTelemetry for Python, one for each format of headers. `THROUGHLINE_TEST_PYTHON` is the
 * interpreter, in whose environment Google's protobuf and the published messages of OTLP are.
 */
/** @type {import('../services.mjs').Service} */
export const pythonService = {
  name: 'python',
  debian: ['python3-venv'],
  isInstalled: () => existsSync(python),
  install() {
    const work = `${environment}.${process.pid}`;
    const failed = [
      [findProgram('python3') ?? 'python3', '-m', 'venv', '--copies', work],
      [join(work, 'bin', 'python'), '-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', requirements],
    ].some(([command = '', ...args]) => {
      const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
      if (error !== undefined) console.error(`services: ${error.message}`);
      return status !== 0;
    });
    if (failed) {
      rmSync(work, { recursive: true, force: true });
      console.error('services: the environment of the Python service could not be made');
      process.exit(1);
    }
    renameSync(work, environment);
  },
  async start(directory) {
    const urls = await Promise.all(
      Object.entries(FORMATS).map(async ([variable, propagators]) => {
        const port = await freePort();
        const url = `http://127.0.0.1:${port}`;
        await startServer(python, [program], {
          directory: join(directory, propagators),
          env: { PORT: String(port), OTEL_PROPAGATORS: propagators, PYTHONUNBUFFERED: '1' },
          isReady: () => answers(`${url}/health`),
        });
        return [variable, url];
      }),
    );
    return { THROUGHLINE_TEST_PYTHON: python, ...Object.fromEntries(urls) };
  },
};
