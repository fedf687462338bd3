import { createDatabaseTracing } from '@throughline/core/database-client';
import { type Ioredis, traceIoredis } from './ioredis.ts';
import { type NodeRedis, traceNodeRedis } from './node-redis.ts';
import type { RedisOptions } from './redis-command.ts';
import { redis } from './redis-errors.ts';

export type { RedisOptions } from './redis-command.ts';

const TRACED = Symbol.for('throughline.traced-redis');

/**
 * Traces the commands of a client of ioredis (`new Redis()`, `new Cluster()`) or of node-redis (`createClient()`); returns
 * the client. Call it before the client connects, and for each client that you duplicate. A client that is traced already
 * stays as it is. Throws a `TypeError` for a wrong option.
 *
 * @example
 * const redis = traceRedis(new Redis());
 */
export function traceRedis<Client extends object>(client: Client, options: RedisOptions = {}): Client {
  const given = Object(client) as Partial<Ioredis & NodeRedis>;
  const isIoredis = typeof given.pipeline === 'function' && typeof given.multi === 'function';
  // Clusters and sentinels of node-redis run commands on clients of their own, by `_execute`.
  const isNodeRedis = '_executeMulti' in given && !('_execute' in given);
  if (typeof given.sendCommand !== 'function' || !(isIoredis || isNodeRedis)) {
    throw new TypeError('[redis] Expected a client of ioredis, or what `createClient()` of `redis` returns.');
  }
  const tracing = createDatabaseTracing('redis', redis, options, {});
  // A copy with other command options has the same client behind it.
  const owner = given._self ?? given;
  if (TRACED in owner) return client;
  Object.assign(owner, { [TRACED]: true });
  if (isIoredis) traceIoredis(given as Ioredis, tracing, options);
  else traceNodeRedis(given as NodeRedis, tracing, options);
  return client;
}
