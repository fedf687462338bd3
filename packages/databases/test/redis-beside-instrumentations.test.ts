import { createRequire } from 'node:module';
import { trace } from '@opentelemetry/api';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis';
import { traceRedis } from '@throughline/databases/redis';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import type { Redis } from 'ioredis';
import type { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { inRequest } from './request-span.ts';

// A file of its own: what is patched stays patched, and every test file has a process of its own.
describeWithService('redis', 'beside OpenTelemetry’s instrumentations', (url) => {
  const OURS = '@throughline/databases/redis';
  let recorder: SpanRecorder;
  beforeAll(async () => {
    recorder = await recordSpans();
    for (const instrumentation of [new IORedisInstrumentation(), new RedisInstrumentation()]) {
      instrumentation.setTracerProvider(trace.getTracerProvider());
    }
  });
  afterEach(() => recorder.clear());
  afterAll(() => recorder.stop());

  const require = createRequire(import.meta.url); // they patch when somebody asks for the module
  const connects = /connect/;
  const made = (): unknown[][] =>
    recorder
      .finished()
      .filter(({ name }) => !connects.test(name))
      .map(({ scope, name, parentSpanId }) => [scope, name.toUpperCase(), parentSpanId]);

  // The instrumentations look for the real name, which an alias of the package has for itself only.
  const requireAs = (name: string, alias: string) => createRequire(require.resolve(alias))(name);

  it.each(['ioredis-5', 'ioredis'])('%s has the only spans of its commands where it is traced', async (module) => {
    const Client = requireAs('ioredis', module).Redis as typeof Redis;
    const redis = traceRedis(new Client(url, { lazyConnect: true, enableAutoPipelining: false }));
    const [, parent] = await inRequest(recorder, 'request', async () => {
      await redis.get('a');
      await redis.pipeline().get('a').get('b').exec();
      await redis.multi().get('a').exec();
    });
    redis.disconnect();
    expect(made()).toEqual([
      [OURS, 'GET', parent.spanId],
      [OURS, 'PIPELINE GET', parent.spanId],
      [OURS, 'MULTI GET', parent.spanId],
    ]);
  });

  it.each(['redis-5', 'redis'])('%s has the only spans of its commands where it is traced', async (module) => {
    const create = require(module).createClient as typeof createClient;
    const redis = traceRedis(create({ url }));
    await redis.connect();
    const [, parent] = await inRequest(recorder, 'request', async () => {
      await redis.get('a');
      await redis.multi().get('a').get('b').execAsPipeline();
    });
    redis.destroy();
    expect(made().filter(([scope]) => scope === OURS)).toEqual([
      [OURS, 'GET', parent.spanId],
      [OURS, 'PIPELINE GET', parent.spanId],
    ]);
    expect(made().filter(([scope]) => scope !== OURS)).toEqual([]);
  });

  it('a client that nobody wrapped is still the instrumentation’s', async () => {
    const Client = requireAs('ioredis', 'ioredis-5').Redis as typeof Redis;
    const redis = new Client(url);
    await inRequest(recorder, 'request', () => redis.get('a'));
    redis.disconnect();
    const scopes = recorder.finished().filter(({ name }) => name === 'get');
    expect(scopes.map(({ scope }) => scope)).toEqual(['@opentelemetry/instrumentation-ioredis']);
  });
});
