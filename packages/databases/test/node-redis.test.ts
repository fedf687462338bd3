import { trace } from '@opentelemetry/api';
import { type RedisOptions, traceRedis } from '@throughline/databases/redis';
import { type RecordedSpan, recordSpans, type SpanRecorder } from '@throughline/testkit';
import { createClient, createClientPool, createCluster, createSentinel } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';
import { activeSpanId, inRequest } from './request-span.ts';

const create6 = (url: string) => createClient({ url, database: 3 });
type Client = ReturnType<typeof create6>;
const versions = [
  { name: 'node-redis 6', createOne: create6 },
  { name: 'node-redis 5', createOne: (url: string) => createClient5({ url, database: 3 }) as unknown as Client },
];

describeWithService('redis', 'a traced client', (url) => {
  const { hostname, port } = new URL(url);
  let recorder: SpanRecorder;
  beforeAll(async () => {
    recorder = await recordSpans();
  });
  afterAll(() => recorder.stop());

  describe.each(versions)('of $name', ({ createOne }) => {
    const clients: Client[] = [];
    const create = async (options?: RedisOptions): Promise<Client> => {
      const created = traceRedis(createOne(url), options);
      created.on('error', () => {});
      clients.push(created);
      await created.connect();
      return created;
    };
    const request = <Result>(run: () => Promise<Result>): Promise<[Result, RecordedSpan]> =>
      inRequest(recorder, 'request', run);
    let redis: Client;
    beforeAll(async () => {
      redis = await create();
      await redis.flushDb();
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
      for (const client of clients) if (client.isOpen) client.destroy();
    });

    it('makes a CLIENT span of a command by the semantic conventions, without keys and values', async () => {
      const [reply, parent] = await request(() => redis.set('user:s3cr3t', 's3cr3t', { EX: 60 }));
      expect(reply).toBe('OK');
      const span = await recorder.take('SET');
      expect(span).toMatchObject({ kind: 'CLIENT', status: 'UNSET', scope: '@throughline/databases/redis' });
      expect(span.parentSpanId).toBe(parent.spanId);
      expect(span.attributes).toEqual({
        'db.system.name': 'redis',
        'db.namespace': '3',
        'db.operation.name': 'SET',
        'db.query.text': 'SET ? ? ? ?',
        'server.address': hostname,
        'server.port': Number(port),
      });
    });

    it('has the type it had, and makes one span if it is traced twice, also through a copy with other options', async () => {
      expectTypeOf(traceRedis<Client>).returns.toEqualTypeOf<Client>();
      traceRedis(redis.withTypeMapping({}));
      expect(await traceRedis(redis).withTypeMapping({}).get('none')).toBeNull();
      await redis.sendCommand(['GET', 'none']);
      for (const _command of [1, 2]) await recorder.take('GET');
    });

    it('leaves each request its own context', async () => {
      const seen = await Promise.all(
        Array.from({ length: 8 }, () =>
          request(async () => {
            await Promise.all([redis.get('a'), redis.get('b')]);
            return activeSpanId();
          }),
        ),
      );
      for (const [own, { spanId }] of seen) {
        expect(own).toBe(spanId);
        for (const _command of [1, 2]) await recorder.take((span) => span.name === 'GET' && span.parentSpanId === own);
      }
    });

    it('makes one span of a pipeline and of a transaction', async () => {
      const [replies, parent] = await request(() => redis.multi().set('a', '1').incr('n').execAsPipeline());
      expect(replies).toEqual(['OK', 1]);
      const pipeline = await recorder.take('PIPELINE');
      expect(pipeline.parentSpanId).toBe(parent.spanId);
      expect(pipeline.attributes).toMatchObject({ 'db.operation.batch.size': 2, 'db.query.text': 'SET ? ?; INCR ?' });
      expect(await redis.multi().set('a', '1').set('b', '2').exec()).toEqual(['OK', 'OK']);
      expect((await recorder.take('MULTI SET')).attributes['db.operation.batch.size']).toBe(2);
      await expect(redis.multi().set('a', '1').lPush('a', '1').exec()).rejects.toThrow();
      expect((await recorder.take('MULTI')).attributes['db.response.status_code']).toBe('WRONGTYPE');
    });

    it('tells what went wrong, without data, and that a command was given up', async () => {
      await redis.set('text', 'x');
      await recorder.take('SET');
      await expect(redis.lPush('text', '1')).rejects.toThrow('WRONGTYPE');
      const wrong = await recorder.take('LPUSH');
      expect(wrong).toMatchObject({ status: 'ERROR', attributes: { 'error.type': 'WRONGTYPE' } });
      await expect(redis.sendCommand(['NOTHING', 's3cr3t'])).rejects.toThrow('s3cr3t');
      expect(JSON.stringify(await recorder.take('NOTHING'))).not.toContain('s3cr3t');

      const control = new AbortController();
      const given = redis.withAbortSignal(control.signal).get('a');
      control.abort();
      await expect(given).rejects.toThrow('aborted');
      const cancelled = await recorder.take('GET');
      expect(cancelled).toMatchObject({ status: 'UNSET', attributes: { 'throughline.cancelled': true } });

      const lost = await create();
      const waiting = lost.blPop('empty', 0);
      waiting.catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
      lost.destroy();
      await expect(waiting).rejects.toThrow();
      const span = await recorder.take('BLPOP');
      expect(span.status).toBe('ERROR');
      expect(span.attributes['throughline.long_lived']).toBe('blocking');
      await expect(lost.get('a')).rejects.toThrow('The client is closed');
      expect((await recorder.take('GET')).attributes['error.type']).toBe('connection_lost');
    });

    it('leaves messages of a channel without a request', async () => {
      const [{ message }, parent] = await request(async () => {
        const subscriber = await create();
        let hear: (heard: unknown) => void;
        const heard = new Promise((resolve) => {
          hear = resolve;
        });
        await subscriber.subscribe('traced', (text) => hear([text, trace.getActiveSpan()]));
        return { message: heard };
      });
      expect((await recorder.take('SUBSCRIBE')).parentSpanId).toBe(parent.spanId);
      await redis.publish('traced', 's3cr3t');
      await recorder.take('PUBLISH');
      expect(await message).toEqual(['s3cr3t', undefined]);
    });

    it('follows the database that is selected', async () => {
      const selecting = await create({ queryText: 'full', ignore: (command) => command === 'PING' });
      await selecting.ping();
      await selecting.select(2);
      await recorder.take('SELECT');
      await selecting.get('a');
      expect((await recorder.take('GET')).attributes).toMatchObject({ 'db.namespace': '2', 'db.query.text': 'GET a' });
    });
  });

  it.each([
    ['cluster', () => createCluster({ rootNodes: [{ url }] })],
    ['pool', () => createClientPool({ url })],
    ['sentinel', () => createSentinel({ name: 'x', sentinelRootNodes: [] })],
  ])('a %s of node-redis is refused, rather than traced in part', (_what, createOther) => {
    expect(() => traceRedis(createOther())).toThrow('[redis] Expected a client of ioredis, or what `createClient()`');
  });
});
