import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../scripts/free-port.mjs';
import { startGate } from './gate.mjs';

const DIST = new URL('../../examples/shop/dist/', import.meta.url);
/** @type {typeof import('../../examples/shop/src/demo/collector.ts')} */
const { startCollector } = await import(new URL('demo/collector.js', DIST).href);
/** @type {typeof import('../../examples/shop/src/demo/database.ts')} */
const { startDatabase } = await import(new URL('demo/database.js', DIST).href);
/** @type {typeof import('../../examples/shop/src/demo/child.ts')} */
const { startChild } = await import(new URL('demo/child.js', DIST).href);

/** @typedef {import('../../examples/shop/src/demo/trace.ts').ShopSpan} ShopSpan */

/**
 * The shop of the demo, with every service on a port that it gets again when it is started again.
 * @param {boolean} traced
 */
export async function startShop(traced) {
  /** @type {Map<string, ShopSpan[]>} */
  const traces = new Map();
  let services = /** @type {Map<string, import('node:child_process').ChildProcess>} */ (new Map());
  const ending = new AbortController();
  const collector = await startCollector((spans) => {
    for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  });
  const collectorGate = await startGate(Number(new URL(collector.url).port));
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OTEL_.*|NODE_OPTIONS|PORT)$/.test(name));
  const environment = {
    ...Object.fromEntries(inherited),
    NODE_ENV: 'production',
    SHOP_PREFIX: `chaos-${process.pid}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collectorGate.port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_TIMEOUT: '2000',
    ...(!traced && { OTEL_SDK_DISABLED: 'true' }),
  };
  const setup = { env: environment, onLine: () => {}, onCrash: () => {}, signal: ending.signal };
  const cache = await startChild({ ...setup, name: 'the cache', program: './embedded-redis.js' });
  const cacheGate = await startGate(cache.port);
  const database = await startDatabase(undefined, setup);
  const ports = new Map(
    await Promise.all(
      ['inventory', 'payment', 'search', 'notification', 'checkout', 'gateway'].map(
        async (name) => /** @type {const} */ ([name, await freePort()]),
      ),
    ),
  );
  const url = (/** @type {string} */ name) => `http://127.0.0.1:${ports.get(name)}`;

  /** @param {string} name */
  async function start(name) {
    const child = fork(fileURLToPath(new URL(`services/${name}.js`, DIST)), [], {
      execArgv: ['--import', new URL('clock.mjs', import.meta.url).href],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {
        ...environment,
        PORT: String(ports.get(name)),
        DATABASE_URL: database.url,
        REDIS_URL: `redis://127.0.0.1:${cacheGate.port}`,
        INVENTORY_URL: url('inventory'),
        PAYMENT_URL: url('payment'),
        SEARCH_URL: url('search'),
        CHECKOUT_URL: url('checkout'),
      },
    });
    services.set(name, child);
    await once(child, 'message');
  }
  for (const name of ports.keys()) await start(name);

  return {
    url: url('gateway'),
    /** By trace id, all that the collector has got. */
    traces,
    collector: collectorGate,
    cache: cacheGate,
    start,
    /** @param {string} name @param {NodeJS.Signals} signal */
    signal(name, signal) {
      services.get(name)?.kill(signal);
    },
    names: [...ports.keys()],
    async stop() {
      const all = [...services.values()];
      services = new Map();
      for (const child of all) child.kill('SIGTERM');
      const force = setTimeout(() => {
        for (const child of all) child.kill('SIGKILL');
      }, 10_000);
      await Promise.all(all.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
      clearTimeout(force);
      await collectorGate.shut();
      await cacheGate.shut();
      await collector.close();
      await database.stop();
      await cache.stop();
    },
  };
}
