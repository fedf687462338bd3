import { traceRedis } from '@throughline/databases/redis';
import { Redis } from 'ioredis';

const { REDIS_URL = 'redis://127.0.0.1:6379', SHOP_PREFIX = 'shop' } = process.env;
const SECONDS = 2;

const redis = traceRedis(new Redis(REDIS_URL, { lazyConnect: true, maxRetriesPerRequest: 1 }));
redis.on('error', () => {}); // it connects again by itself, and a command that needs it tells
await redis.connect();

/** What was found under this key in the last two seconds, else what `find` finds now. */
export async function cached<Value>(key: string, find: () => Promise<Value>): Promise<{ value: Value; hit: boolean }> {
  const name = `${SHOP_PREFIX}:${key}`;
  const known = await redis.get(name);
  if (known !== null) return { value: JSON.parse(known) as Value, hit: true };
  const value = await find();
  await redis.set(name, JSON.stringify(value), 'EX', SECONDS);
  return { value, hit: false };
}
