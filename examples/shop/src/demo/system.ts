import { setTimeout as delay } from 'node:timers/promises';
import { type Child, ChildFailure, startChild } from './child.ts';
import { type Collector, startCollector } from './collector.ts';
import { type Database, startDatabase } from './database.ts';
import { readLogLine } from './log-line.ts';
import type { LogLine, ShopSpan } from './trace.ts';

export type SystemSetup = {
  readonly databaseUrl: string | undefined;
  readonly onSpans: (spans: ShopSpan[]) => void;
  readonly onLine: (line: LogLine) => void;
  /** Called if a process ends that should not. */
  readonly onCrash: (failure: ChildFailure) => void;
  /** Called with what is being started. */
  readonly onProgress: (what: string) => void;
};

const HEALTH_MS = 10_000;

/** The shop: a collector, a database and five services, each a process of its own. */
export class System {
  readonly #setup: SystemSetup;
  readonly #stopped = new AbortController();
  readonly #starts: Promise<unknown>[] = [];
  readonly #services: Child[] = [];
  #collector: Collector | undefined;
  #database: Database | undefined;

  constructor(setup: SystemSetup) {
    this.#setup = setup;
  }

  /** Starts everything, callees before callers, and resolves with the URL of the gateway. If it rejects, call `stop`. */
  async start(): Promise<string> {
    const { databaseUrl, onSpans, onProgress, onCrash } = this.#setup;
    this.#collector = await startCollector(onSpans);
    const env = childEnvironment(this.#collector.url);
    onProgress(databaseUrl ? 'PostgreSQL from DATABASE_URL' : 'an embedded PostgreSQL (PGlite)');
    const setup = { env, onLine: () => {}, onCrash, signal: this.#stopped.signal };
    this.#database = await this.#track(startDatabase(databaseUrl, setup));
    const withDatabase = { ...env, DATABASE_URL: this.#database.url };
    onProgress('inventory, payment and search');
    const [inventory, payment, search] = await Promise.all([
      this.#startService('inventory', withDatabase),
      this.#startService('payment', env),
      this.#startService('search', withDatabase),
    ]);
    onProgress('checkout and gateway');
    const checkout = await this.#startService('checkout', { ...env, INVENTORY_URL: inventory, PAYMENT_URL: payment });
    return await this.#startService('gateway', { ...env, SEARCH_URL: search, CHECKOUT_URL: checkout });
  }

  /** Asks the services to end, so that they send their last spans, then ends the rest. Also ends a start that is under way. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled(this.#starts);
    await Promise.all(this.#services.map((service) => service.stop()));
    try {
      await this.#database?.stop();
    } finally {
      await this.#collector?.close();
    }
  }

  async #startService(name: string, env: NodeJS.ProcessEnv): Promise<string> {
    const { onLine, onCrash } = this.#setup;
    const { signal } = this.#stopped;
    signal.throwIfAborted();
    const program = `../services/${name}.js`;
    const readLine = (line: string): void => onLine(readLogLine(name, line));
    const service = await this.#track(startChild({ name, program, env, onLine: readLine, onCrash, signal }));
    this.#services.push(service);
    const url = `http://127.0.0.1:${service.port}`;
    await waitForHealth(name, url, signal);
    return url;
  }

  // `stop` waits for what is being started, so that nothing starts after it.
  #track<Value>(start: Promise<Value>): Promise<Value> {
    this.#starts.push(start);
    return start;
  }
}

// The services get the settings of the demo, not those that somebody's shell has for other programs.
function childEnvironment(collectorUrl: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OTEL_.*|NODE_OPTIONS|PORT)$/.test(name));
  return {
    ...Object.fromEntries(inherited),
    NODE_ENV: 'production',
    OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  };
}

async function waitForHealth(name: string, url: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + HEALTH_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${url}/health`, { signal }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    signal.throwIfAborted();
    await delay(50);
  }
  throw new ChildFailure(`${name} did not answer ${url}/health within ${HEALTH_MS / 1000} s`);
}
