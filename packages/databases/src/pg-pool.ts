import { type Attributes, type Context, context } from '@opentelemetry/api';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  DB_SYSTEM_NAME_VALUE_POSTGRESQL,
} from '@opentelemetry/semantic-conventions';
import type { DatabaseTracing } from '@throughline/core/database-client';
import type { ClientBase, Pool, PoolClient } from 'pg';

/** How many requests were waiting for a connection already. */
const ATTR_POOL_WAITING = 'throughline.pool.waiting';
/** Whether the time went into opening a connection, rather than into waiting for one that others had. */
const ATTR_POOL_OPENED = 'throughline.pool.opened_connection';

const SPAN_NAME = 'pool.connect';
// An idle connection is there at once; a span of that would tell nothing.
const WORTH_TELLING_MS = 1;

type Connected = (error: Error | undefined, client: PoolClient | undefined, release: (error?: Error) => void) => void;
type Target = {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
};
type Connect = (callback?: Connected) => unknown;

/**
 * Lets a pool hand out clients that `follow` was called with, to callers that are in their own context again, and record
 * what they waited.
 */
export function tracePoolConnect(pool: Pool, tracing: DatabaseTracing, follow: (client: ClientBase) => void): void {
  const connect = pool.connect as unknown as Connect;
  const query = pool.query as unknown as (...args: unknown[]) => unknown;
  const fresh = new WeakSet<object>();
  // Ahead of listeners that prepare a new connection by queries.
  pool.prependListener('connect', (client) => {
    fresh.add(client);
    follow(client);
  });

  const tracedConnect: Connect = (callback) => {
    const active = context.active();
    const startedAt = performance.now();
    const waiting = pool.waitingCount;
    const acquired = (client: PoolClient | undefined): void => {
      if (client !== undefined) follow(client);
      const opened = client !== undefined && fresh.delete(client);
      if (performance.now() - startedAt < WORTH_TELLING_MS || isInstrumented(connect)) return;
      tracing.recordPast(SPAN_NAME, startedAt, waitAttributes(client ?? pool.options, waiting, opened), active);
    };
    const refused = (thrown: unknown): void => {
      if (isInstrumented(connect)) return;
      tracing.recordPast(SPAN_NAME, startedAt, waitAttributes(pool.options, waiting, false), active, thrown);
    };
    if (callback === undefined) return settle(connect.call(pool) as Promise<PoolClient>, acquired, refused);
    return connect.call(pool, (error, client, release) => {
      if (error) refused(error);
      else acquired(client);
      // Whoever gave the connection back calls us, in the context of another request.
      context.with(active, callback, undefined, error, client, release);
    });
  };
  const boundQuery = (...args: unknown[]): unknown => query.apply(pool, args.map(bindTo(context.active())));
  Object.assign(pool, { connect: tracedConnect, query: boundQuery });
}

function waitAttributes(target: Target, waiting: number, opened: boolean): Attributes {
  const { host, port, database } = target;
  const attributes: Attributes = {
    [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL,
    [ATTR_POOL_WAITING]: waiting,
    [ATTR_POOL_OPENED]: opened,
  };
  if (database !== undefined) attributes[ATTR_DB_NAMESPACE] = database;
  if (host !== undefined) attributes[ATTR_SERVER_ADDRESS] = host;
  if (port !== undefined) attributes[ATTR_SERVER_PORT] = port;
  return attributes;
}

// OpenTelemetry's instrumentation makes a span of `connect` itself.
function isInstrumented(connect: object): boolean {
  return Reflect.get(connect, '__wrapped') === true;
}

function settle(
  connected: Promise<PoolClient>,
  acquired: (client: PoolClient) => void,
  refused: (thrown: unknown) => void,
): Promise<PoolClient> {
  return connected.then(
    (client) => {
      acquired(client);
      return client;
    },
    (thrown: unknown) => {
      refused(thrown);
      throw thrown;
    },
  );
}

function bindTo(active: Context): (value: unknown) => unknown {
  return (value) => (typeof value === 'function' ? context.bind(active, value) : value);
}
