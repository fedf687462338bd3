import { once } from 'node:events';
import { trace } from '@opentelemetry/api';
import { type RedisOptions, traceRedis } from '@throughline/databases/redis';
import { type RecordedSpan, recordSpans, type SpanRecorder } from '@throughline/testkit';
import { Redis, type RedisOptions as Settings } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { freePort } from '../../../scripts/free-port.mjs';
import { describeWithService } from '../../../test/service.ts';
import { activeSpanId, inRequest } from './request-span.ts';

const versions = [
  { name: 'ioredis 6', Client: Redis },
  { name: 'ioredis 5', Client: Redis5 as unknown as typeof Redis },
];

describeWithService('redis', 'a traced client', (url) => {
  const { hostname, port } = new URL(url);
  let recorder: SpanRecorder;
  beforeAll(async () => {
    recorder = await recordSpans();
  });
  afterAll(() => recorder.stop());

  describe.each(versions)('of $name', ({ Client }) => {
    const clients: Redis[] = [];
    const create = (settings: Settings = {}, options?: RedisOptions): Redis => {
      const created = traceRedis(
        new Client({ host: hostname, port: Number(port), db: 1, ...settings } as { db: number }),
        options,
      );
      created.on('error', () => {});
      clients.push(created);
      return created;
    };
    const request = <Result>(run: () => Promise<Result>): Promise<[Result, RecordedSpan]> =>
      inRequest(recorder, 'request', run);
    let redis: Redis;
    beforeAll(async () => {
      redis = create();
      await redis.flushdb();
      await recorder.take('FLUSHDB');
    });
    afterEach(() => {
      try {
        recorder.assertEmpty();
      } finally {
        recorder.clear();
      }
    });
    afterAll(() => {
      for (const client of clients) client.disconnect();
    });

    it('makes a CLIENT span of a command by the semantic conventions, without keys and values', async () => {
      const [reply, parent] = await request(() => redis.set('user:s3cr3t', 's3cr3t', 'EX', 60));
      expect(reply).toBe('OK');
      const span = await recorder.take('SET');
      expect(span).toMatchObject({ kind: 'CLIENT', status: 'UNSET', scope: '@throughline/databases/redis' });
      expect(span.parentSpanId).toBe(parent.spanId);
      expect(span.attributes).toEqual({
        'db.system.name': 'redis',
        'db.namespace': '1',
        'db.operation.name': 'SET',
        'db.query.text': 'SET ? ? ? ?',
        'server.address': hostname,
        'server.port': Number(port),
      });
    });

    it('has the type it had, and makes one span if it is traced twice', async () => {
      expectTypeOf(traceRedis<Redis>).returns.toEqualTypeOf<Redis>();
      await traceRedis(redis).get('a');
      await recorder.take('GET');
      expect(() => traceRedis({})).toThrow('[redis] Expected a client of ioredis');
      expect(() => traceRedis(redis, { queryText: 'all' as 'full' })).toThrow('[redis] Expected `queryText` to be');
    });

    it('answers callbacks in the context of whoever asked', async () => {
      const lists = await Promise.all(
        Array.from({ length: 8 }, () =>
          request(async () => {
            const own = activeSpanId();
            await redis.get('a');
            const inCallback = await new Promise((resolve) => {
              redis.get('a', () => resolve(activeSpanId()));
            });
            const inPipeline = await new Promise((resolve, reject) => {
              const ask = (): unknown => redis.get('a').then(() => resolve(activeSpanId()), reject);
              redis.pipeline().get('a').exec(ask);
            });
            return [own, inCallback, inPipeline, activeSpanId()];
          }),
        ),
      );
      for (const [seen] of lists) {
        expect(new Set(seen).size).toBe(1);
        for (const name of ['GET', 'GET', 'PIPELINE GET', 'GET']) {
          await recorder.take((span) => span.name === name && span.parentSpanId === seen[0]);
        }
      }
    });

    it('makes one span of a pipeline, with its size, and an error if a command of it fails', async () => {
      const [replies, parent] = await request(() => redis.pipeline().set('a', 's3cr3t').get('a').incr('n').exec());
      expect(replies?.slice(0, 2)).toEqual([
        [null, 'OK'],
        [null, 's3cr3t'],
      ]);
      const span = await recorder.take('PIPELINE');
      expect(span.parentSpanId).toBe(parent.spanId);
      expect(span.attributes).toMatchObject({
        'db.operation.name': 'PIPELINE',
        'db.operation.batch.size': 3,
        'db.query.text': 'SET ? ?; GET ?; INCR ?',
      });
      const failed = await redis
        .pipeline([
          ['get', 'a'],
          ['get', 'a'],
          ['lpush', 'a', '1'],
        ])
        .exec();
      expect(failed?.[2]?.[0]).toMatchObject({ message: expect.stringMatching(/^WRONGTYPE/) });
      const error = await recorder.take('PIPELINE');
      expect(error).toMatchObject({ status: 'ERROR', attributes: { 'db.response.status_code': 'WRONGTYPE' } });
      expect(await redis.pipeline().exec()).toEqual([]);
    });

    it('makes one span of a transaction, whole or in steps', async () => {
      expect(await redis.multi().set('a', '1').set('b', '2').exec()).toEqual([
        [null, 'OK'],
        [null, 'OK'],
      ]);
      const span = await recorder.take('MULTI SET');
      expect(span.attributes).toMatchObject({ 'db.operation.batch.size': 2, 'db.query.text': 'SET ? ?; SET ? ?' });
      await redis.multi({ pipeline: false });
      await redis.get('a');
      await redis.exec();
      for (const name of ['MULTI', 'GET', 'EXEC']) await recorder.take(name);
    });

    it('makes a span of each command that ioredis puts into pipelines by itself', async () => {
      const automatic = create({ enableAutoPipelining: true });
      const requests = await Promise.all(
        Array.from({ length: 4 }, () => request(() => Promise.all([automatic.get('a'), automatic.exists('b')]))),
      );
      for (const [replies, parent] of requests) {
        expect(replies).toEqual(['1', 1]);
        for (const name of ['GET', 'EXISTS']) {
          await recorder.take((span) => span.name === name && span.parentSpanId === parent.spanId);
        }
      }
    });

    it('follows scripts, and says which', async () => {
      redis.defineCommand('twice', { numberOfKeys: 1, lua: 'return redis.call("incrby", KEYS[1], 2)' });
      await (redis as unknown as { twice(key: string): Promise<number> }).twice('n');
      const missing = await recorder.take((span) => span.name.startsWith('EVALSHA'));
      if (missing.status === 'ERROR') {
        expect(missing.attributes['error.type']).toBe('NOSCRIPT');
        expect((await recorder.take('EVAL')).attributes['db.query.text']).toBe('EVAL ? ? ?');
      }
      expect(missing.name).toBe(`EVALSHA ${missing.attributes['db.stored_procedure.name']}`);
    });

    it('tells that a command waits on purpose', async () => {
      const [reply] = await request(() => create().blpop('empty', 0.05));
      expect(reply).toBeNull();
      const span = await recorder.take('BLPOP');
      expect(span.attributes['throughline.long_lived']).toBe('blocking');
      await redis.xread('COUNT', 1, 'STREAMS', 'stream', '0');
      expect((await recorder.take('XREAD')).attributes['throughline.long_lived']).toBeUndefined();
    });

    it('leaves messages of a channel without a request', async () => {
      let inRetry: unknown = 'nothing';
      const [[subscriber, heard], parent] = await request(async () => {
        const retryStrategy = (): null => {
          inRetry = trace.getActiveSpan();
          return null;
        };
        const listener = create({ lazyConnect: true, retryStrategy });
        const message = new Promise((resolve) => {
          listener.on('message', (channel, text) => resolve([channel, text, trace.getActiveSpan()]));
        });
        await listener.subscribe('traced');
        return [listener, message] as const;
      });
      expect((await recorder.take('SUBSCRIBE')).parentSpanId).toBe(parent.spanId);
      await redis.publish('traced', 's3cr3t');
      expect(await heard).toEqual(['traced', 's3cr3t', undefined]);
      await recorder.take('PUBLISH');
      subscriber.disconnect(true);
      await once(subscriber, 'end');
      expect(inRetry).toBeUndefined();
    });

    it('makes no span of what a connection does for itself, be it opened at once, later or again', async () => {
      for (const lazyConnect of [false, true]) {
        const client = create({ lazyConnect, connectionName: 'traced' });
        expect(await client.get('a')).toBe('1');
        await recorder.take('GET');
        client.disconnect(true);
        await once(client, 'ready');
        expect(await client.get('a')).toBe('1');
        await recorder.take('GET');
      }
    });

    it('tells what went wrong, without data', async () => {
      await redis.set('text', 'x');
      await recorder.take('SET');
      await expect(redis.lpush('text', '1')).rejects.toThrow('WRONGTYPE');
      const wrong = await recorder.take('LPUSH');
      expect(wrong).toMatchObject({ status: 'ERROR' });
      expect(wrong.attributes).toMatchObject({ 'error.type': 'WRONGTYPE', 'db.response.status_code': 'WRONGTYPE' });
      await expect(redis.call('nothing', 's3cr3t')).rejects.toThrow('s3cr3t');
      const unknown = await recorder.take('NOTHING');
      expect(unknown.attributes['error.type']).toBe('ERR');
      expect(JSON.stringify(unknown)).not.toContain('s3cr3t');

      const impatient = create({ commandTimeout: 40 });
      await expect(impatient.blpop('empty', 1)).rejects.toThrow('timed out');
      expect((await recorder.take('BLPOP')).attributes['error.type']).toBe('timeout');

      const lost = create({ maxRetriesPerRequest: 0 });
      await lost.get('a');
      await recorder.take('GET');
      const waiting = lost.blpop('empty', 0);
      waiting.catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
      lost.disconnect();
      await expect(waiting).rejects.toThrow('Connection is closed');
      expect((await recorder.take('BLPOP')).attributes['error.type']).toBe('connection_lost');
    });

    it('lets the process know of a rejection that nobody handles', async () => {
      const told = new Promise((resolve) => {
        const listeners = process.listeners('unhandledRejection');
        process.removeAllListeners('unhandledRejection');
        process.once('unhandledRejection', (reason) => {
          for (const listener of listeners) process.on('unhandledRejection', listener);
          resolve(reason);
        });
      });
      void redis.lpush('text', '1');
      expect(await told).toMatchObject({ message: expect.stringMatching(/^WRONGTYPE/) });
      await recorder.take('LPUSH');
    });

    it('shows arguments where they are asked for, bounded, but no credentials', async () => {
      const open = create({}, { queryText: 'full', ignore: (command) => command === 'PING' });
      await open.ping();
      await open.set('key', 'x'.repeat(1000));
      expect((await recorder.take('SET')).attributes['db.query.text']).toBe(`SET key ${'x'.repeat(128)}…`);
      await open.set('key', Buffer.from([1, 2, 3]));
      expect((await recorder.take('SET')).attributes['db.query.text']).toBe('SET key <3 bytes>');
      await open.auth('s3cr3t').catch(() => {});
      expect((await recorder.take('AUTH')).attributes['db.query.text']).toBe('AUTH ?');
      await redis.mset(Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 'v'])));
      expect((await recorder.take('MSET')).attributes['db.query.text']).toBe(`MSET${' ?'.repeat(16)} …`);
    });

    it('follows the database that is selected', async () => {
      const selecting = create();
      await selecting.select(2);
      await recorder.take('SELECT');
      await selecting.get('a');
      expect((await recorder.take('GET')).attributes['db.namespace']).toBe('2');
    });
  });

  it('says so when there is no server', async () => {
    const nowhere = traceRedis(
      new Redis(await freePort(), '127.0.0.1', { maxRetriesPerRequest: 0, retryStrategy: () => 1 }),
    );
    nowhere.on('error', () => {});
    await expect(nowhere.get('a')).rejects.toThrow();
    nowhere.disconnect();
    expect((await recorder.take('GET')).attributes['error.type']).toBe('MaxRetriesPerRequestError');
    recorder.assertEmpty();
  });
});
