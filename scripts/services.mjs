// Real servers for the tests, on free ports and in temporary directories, gone when the command ends:
//
//   node scripts/services.mjs run postgres redis -- npx vitest run packages/databases
//   node scripts/services.mjs run all -- npx pnpm test
//   node scripts/services.mjs start rabbitmq          keeps it until Ctrl-C and prints the variable to set
//   node scripts/services.mjs install all             Debian's packages by apt-get, Java archives by Maven,
//                                                     Python's packages by pip
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clickhouse } from './services/clickhouse.mjs';
import { installDebian } from './services/debian.mjs';
import { kafka } from './services/kafka.mjs';
import { nats } from './services/nats.mjs';
import { postgres } from './services/postgres.mjs';
import { endStarted } from './services/process.mjs';
import { prometheus } from './services/prometheus.mjs';
import { pythonService } from './services/python.mjs';
import { rabbitmq } from './services/rabbitmq.mjs';
import { redis } from './services/redis.mjs';
import { zipkin } from './services/zipkin.mjs';

/**
 * What a server needs to be one of the services.
 * @typedef {object} Service
 * @property {string} name
 * @property {readonly string[]} debian Debian packages that bring it.
 * @property {() => boolean} isInstalled
 * @property {() => void} [install] What is to be done beside Debian's packages.
 * @property {(directory: string) => Promise<Record<string, string>>} start The variables that tests read, once it answers.
 */

/** @type {readonly Service[]} */
const services = [postgres, redis, rabbitmq, nats, kafka, prometheus, zipkin, clickhouse, pythonService];
const [action = '', ...rest] = process.argv.slice(2);
const separator = rest.indexOf('--');
const names = separator === -1 ? rest : rest.slice(0, separator);
const command = separator === -1 ? [] : rest.slice(separator + 1);
const chosen = names.includes('all') ? services : names.map(serviceNamed);

if (chosen.length === 0) fail('Name at least one service, or all');
else if (action === 'install') install(chosen);
else if (action === 'run' && command.length > 0) process.exitCode = await run(chosen, command);
else if (action === 'start') await run(chosen, undefined);
else fail('Expected run, start or install');

/** @param {readonly Service[]} wanted */
function install(wanted) {
  const missing = wanted.filter((service) => !service.isInstalled());
  installDebian(missing.flatMap((service) => service.debian));
  for (const service of missing) service.install?.();
  const still = missing.filter((service) => !service.isInstalled()).map(({ name }) => name);
  if (still.length > 0) fail(`Still not there after the installation: ${still.join(', ')}`);
}

/**
 * @param {readonly Service[]} wanted
 * @param {readonly string[] | undefined} command Absent: until the process is told to end.
 * @returns {Promise<number>} The exit code.
 */
async function run(wanted, command) {
  const missing = wanted.filter((service) => !service.isInstalled()).map(({ name }) => name);
  if (missing.length > 0)
    fail(`Not installed: ${missing.join(', ')}. Run: node scripts/services.mjs install ${missing.join(' ')}`);
  const directory = mkdtempSync(join(tmpdir(), 'services-'));
  chmodSync(directory, 0o711); // PostgreSQL runs as somebody else.
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.once(signal, () => void endStarted().then(() => process.exit(130)));
  try {
    const began = Date.now();
    const started = await Promise.allSettled(
      wanted.map(async (service) => {
        const variables = await service.start(join(directory, service.name)).catch((error) => {
          throw new Error(`${service.name} did not start: ${error.message}`, { cause: error });
        });
        console.error(`services: ${service.name} answers after ${((Date.now() - began) / 1000).toFixed(1)} s`);
        return variables;
      }),
    );
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    const variables = Object.assign(
      {},
      ...started.map((result) => (result.status === 'fulfilled' ? result.value : {})),
    );
    if (command !== undefined) return await exitCodeOf(command, variables);
    for (const [name, value] of Object.entries(variables)) console.log(`export ${name}='${value}'`);
    console.error('services: running until Ctrl-C');
    await new Promise(() => setInterval(() => {}, 1 << 30));
    return 0;
  } catch (error) {
    console.error(`services: ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    await endStarted();
  }
}

/**
 * @param {readonly string[]} command
 * @param {Record<string, string>} variables
 * @returns {Promise<number>}
 */
function exitCodeOf([program = '', ...args], variables) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...variables } });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** @param {string} name */
function serviceNamed(name) {
  const service = services.find((candidate) => candidate.name === name);
  return service ?? fail(`There is no service ${name}; there are ${services.map((each) => each.name).join(', ')}`);
}

/**
 * @param {string} problem
 * @returns {never}
 */
function fail(problem) {
  console.error(
    `services: ${problem}.\nUsage: node scripts/services.mjs run|start|install <service…|all> [-- <command>]`,
  );
  process.exit(2);
}
