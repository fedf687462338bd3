import { setTimeout as delay } from 'node:timers/promises';
import { type Child, ChildFailure, startChild } from './child.ts';
import { type Collector, startCollector } from './collector.ts';
import { type Database, startDatabase } from './database.ts';
import { readLogLine } from './log-line.ts';
import type { LogLine, ShopSpan } from './trace.ts';
import { type FeedOutcome, ViewerFeed } from './viewer-feed.ts';

export type SystemSetup = {
  /** The servers to use instead of embedded ones, by `DATABASE_URL`, `REDIS_URL`, `AMQP_URL` and `NATS_URL`. */
  readonly servers: NodeJS.ProcessEnv;
  readonly onSpans: (spans: ShopSpan[]) => void;
  readonly onLine: (line: LogLine) => void;
  /** Called if a process ends that should not. */
  readonly onCrash: (failure: ChildFailure) => void;
  /** Called with what is being started. */
  readonly onProgress: (what: string) => void;
};

const HEALTH_MS = 10_000;

/** The shop: a collector, a viewer, a database, a cache and six services, each a process of its own. */
export class System {
  readonly #setup: SystemSetup;
  readonly #stopped = new AbortController();
  readonly #starts: Promise<unknown>[] = [];
  readonly #services: Child[] = [];
  #collector: Collector | undefined;
  #database: Database | undefined;
  #cache: Child | undefined;
  #viewer: Child | undefined;
  #feed: ViewerFeed | undefined;

  constructor(setup: SystemSetup) {
    this.#setup = setup;
  }

  /**
   * Starts everything, callees before callers, and resolves with the URLs of the gateway and of the viewer. If it rejects,
   * call `stop`.
   */
  async start(): Promise<{ readonly gatewayUrl: string; readonly viewerUrl: string }> {
    const { servers, onSpans, onProgress, onCrash } = this.#setup;
    const { DATABASE_URL, REDIS_URL } = servers;
    this.#collector = await startCollector((spans, body) => {
      onSpans(spans);
      this.#feed?.received(body, spans);
    });
    const env = childEnvironment(this.#collector.url);
    onProgress(
      `${DATABASE_URL ? 'PostgreSQL from DATABASE_URL' : 'an embedded PostgreSQL (PGlite)'}, ${cacheName(REDIS_URL)}`,
    );
    const setup = { env, onLine: () => {}, onCrash, signal: this.#stopped.signal };
    this.#viewer = await this.#track(startChild({ ...setup, name: 'the viewer', program: './viewer.js' }));
    const viewerUrl = `http://127.0.0.1:${this.#viewer.port}`;
    this.#feed = new ViewerFeed(viewerUrl);
    if (!REDIS_URL) {
      this.#cache = await this.#track(startChild({ ...setup, name: 'the cache', program: './embedded-redis.js' }));
    }
    this.#database = await this.#track(startDatabase(DATABASE_URL, setup));
    const withDatabase = { ...env, DATABASE_URL: this.#database.url };
    const withCache = { ...withDatabase, REDIS_URL: REDIS_URL || `redis://127.0.0.1:${this.#cache?.port}` };
    onProgress(`inventory, payment, search and notification, which hears of orders by ${queueName(servers)}`);
    const [inventory, payment, search] = await Promise.all([
      this.#startService('inventory', withDatabase),
      this.#startService('payment', env),
      this.#startService('search', withCache),
      this.#startService('notification', withDatabase),
    ]);
    onProgress('checkout and gateway');
    const callees = { INVENTORY_URL: inventory, PAYMENT_URL: payment };
    const checkout = await this.#startService('checkout', { ...withDatabase, ...callees });
    const urls = { SEARCH_URL: search, CHECKOUT_URL: checkout };
    return { gatewayUrl: await this.#startService('gateway', { ...env, ...urls }), viewerUrl };
  }

  /**
   * Asks the services to end, so that they send their last spans, then ends the rest but the viewer. Also ends a start that
   * is under way.
   */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled(this.#starts);
    await Promise.all(this.#services.map((service) => service.stop()));
    try {
      await Promise.all([this.#database?.stop(), this.#cache?.stop()]);
    } finally {
      await this.#collector?.close();
    }
  }

  /** Whether the viewer has what it was sent. To be asked when all else has stopped. */
  async viewed(): Promise<FeedOutcome> {
    return (await this.#feed?.outcome()) ?? { sent: 0, received: 0 };
  }

  async stopViewer(): Promise<void> {
    await this.#viewer?.stop();
  }

  async #startService(name: string, env: NodeJS.ProcessEnv): Promise<string> {
    const { onLine, onCrash } = this.#setup;
    const { signal } = this.#stopped;
    signal.throwIfAborted();
    const program = `../services/${name}.js`;
    const readLine = (text: string): void => {
      const line = readLogLine(name, text);
      onLine(line);
      this.#feed?.logged(line);
    };
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
    SHOP_PREFIX: `throughline-shop-${process.pid}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  };
}

function cacheName(redisUrl: string | undefined): string {
  return redisUrl ? 'Redis from REDIS_URL' : 'an embedded cache';
}

function queueName({ AMQP_URL, NATS_URL }: NodeJS.ProcessEnv): string {
  if (AMQP_URL) return 'RabbitMQ from AMQP_URL';
  return NATS_URL ? 'NATS from NATS_URL' : 'a table of jobs';
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
