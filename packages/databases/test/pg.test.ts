import { context, trace } from '@opentelemetry/api';
import { type PgOptions, traceClient, tracePool } from '@throughline/databases/pg';
import { type RecordedSpan, recordSpans, type SpanRecorder } from '@throughline/testkit';
import pg from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';

describeWithService('postgres', 'a traced pool of pg', (url) => {
  const { hostname, port, pathname } = new URL(url);
  let recorder: SpanRecorder;
  let pool: pg.Pool;
  const pools: pg.Pool[] = [];
  const createPool = (config: pg.PoolConfig = {}, options?: PgOptions): pg.Pool => {
    const created = tracePool(new pg.Pool({ connectionString: url, max: 2, ...config }), options);
    created.on('error', () => {});
    pools.push(created);
    return created;
  };

  beforeAll(async () => {
    recorder = await recordSpans();
    pool = createPool();
    await pool.query('CREATE TABLE IF NOT EXISTS traced_users (id int PRIMARY KEY, email text)');
    await pool.query("INSERT INTO traced_users VALUES (1, 'a@b.c'), (2, 'd@e.f') ON CONFLICT DO NOTHING");
    recorder.clear();
  });
  afterEach(() => {
    try {
      assertOnlyWaitsLeft();
    } finally {
      recorder.clear();
    }
  });
  afterAll(async () => {
    await pool.query('DROP TABLE traced_users');
    await Promise.all(pools.map((each) => each.end()));
    await recorder.stop();
  });

  // How long a connection takes is not ours to say.
  const isWait = (span: RecordedSpan): boolean => span.name === 'pool.connect' && span.status === 'UNSET';
  function assertOnlyWaitsLeft(): void {
    expect(recorder.finished().filter((span) => !isWait(span))).toEqual([]);
    expect(trace.getActiveSpan()).toBeUndefined();
  }

  const activeSpanId = (): string | undefined => trace.getSpanContext(context.active())?.spanId;
  const inSpan = async <Result>(name: string, run: () => Promise<Result>): Promise<[Result, RecordedSpan]> => {
    const tracer = trace.getTracer('test');
    const result = await tracer.startActiveSpan(name, async (span) => {
      try {
        return await run();
      } finally {
        span.end();
      }
    });
    return [result, await recorder.take(name)];
  };
  const USERS = 'SELECT traced_users';

  describe('makes a CLIENT span of a query', () => {
    it('by the semantic conventions, without constants and parameters', async () => {
      const sql = "SELECT email FROM traced_users WHERE id = $1 AND email <> 's3cr3t' -- s3cr3t";
      const [result, parent] = await inSpan('request', () => pool.query<{ email: string }>(sql, [1]));
      expect(result.rows).toEqual([{ email: 'a@b.c' }]);
      const span = await recorder.take(USERS);
      expect(span).toMatchObject({ kind: 'CLIENT', status: 'UNSET', scope: '@throughline/databases/pg' });
      expect(span.parentSpanId).toBe(parent.spanId);
      expect(span.attributes).toEqual({
        'db.system.name': 'postgresql',
        'db.namespace': pathname.slice(1),
        'db.query.text': 'SELECT email FROM traced_users WHERE id = $1 AND email <> ?',
        'db.query.summary': USERS,
        'server.address': hostname,
        'server.port': Number(port),
      });
    });

    it('in every form a query can be asked for', async () => {
      const sql = 'SELECT id FROM traced_users WHERE id = $1';
      const plain = 'SELECT id FROM traced_users WHERE id = 1';
      const client = await pool.connect();
      const forms: Record<string, () => Promise<unknown>> = {
        text: () => pool.query(plain),
        values: () => pool.query(sql, [1]),
        config: () => pool.query({ text: sql, values: [1] }),
        prepared: () => pool.query({ name: 'user by id', text: sql, values: [1] }),
        arrays: () => pool.query({ text: sql, values: [1], rowMode: 'array' }),
        callback: () => called((done) => pool.query(plain, done)),
        'values and callback': () => called((done) => pool.query(sql, [1], done)),
        'client, text': () => client.query(plain),
        'client, values': () => client.query(sql, [1]),
        'client, config': () => client.query({ text: sql, values: [1] }),
        'client, callback': () => called((done) => client.query(plain, done)),
        'client, values and callback': () => called((done) => client.query(sql, [1], done)),
        'client, config with a callback': () =>
          called((done) => {
            const config = { text: sql, values: [1], callback: done };
            client.query(config as unknown as pg.QueryConfig);
          }),
        'client, Query': () => ended(client.query(new pg.Query(plain))),
        'client, Query with values': () => ended(client.query(new pg.Query(sql, [1]))),
      };
      for (const [form, ask] of Object.entries(forms)) {
        const [result, parent] = await inSpan('request', ask);
        const { rows } = result as pg.QueryResult;
        expect(
          rows.flatMap((row) => Object.values(row)),
          form,
        ).toEqual([1]);
        expect((await recorder.take(USERS)).parentSpanId, form).toBe(parent.spanId);
      }
      client.release();
    });

    it('with parameters where they are asked for, bounded', async () => {
      const asking = createPool({}, { parameters: true, queryText: 'full' });
      await asking.query("SELECT $1::text, $2::jsonb, 'constant'", ['x'.repeat(1000), { a: 1 }]);
      const { attributes } = await recorder.take('SELECT');
      expect(attributes['db.query.parameter.0']).toBe('x'.repeat(256));
      expect(attributes['db.query.parameter.1']).toBe('{"a":1}');
      expect(attributes['db.query.text']).toBe("SELECT $1::text, $2::jsonb, 'constant'");
    });

    it('without text, and not for what is ignored', async () => {
      const quiet = createPool({}, { queryText: 'none', ignore: (summary) => summary === 'SHOW' });
      await quiet.query('SHOW server_version');
      await quiet.query('SELECT 1');
      const { attributes } = await recorder.take('SELECT');
      expect(attributes['db.query.summary']).toBe('SELECT');
      expect(attributes['db.query.text']).toBeUndefined();
    });

    it('named by the database where the text is no statement', async () => {
      await expect(pool.query('hunter2')).rejects.toThrow('syntax error');
      const span = await recorder.take(pathname.slice(1));
      expect(span.attributes['db.query.summary']).toBeUndefined();
      expect(span.attributes['error.type']).toBe('42601');
    });
  });

  describe('keeps to what a query is without it', () => {
    it('in its types', () => {
      expectTypeOf(tracePool<pg.Pool>).returns.toEqualTypeOf<pg.Pool>();
      expectTypeOf(traceClient<pg.Client>).returns.toEqualTypeOf<pg.Client>();
    });

    it('in what is thrown and rejected with', async () => {
      const client = await pool.connect();
      expect(() => client.query(undefined as unknown as string)).toThrow('Client was passed a null or undefined query');
      await expect(pool.query({} as pg.QueryConfig)).rejects.toThrow('A query must have either text or a name');
      await recorder.take(pathname.slice(1));
      client.release();
    });

    it('where nobody handles a rejection: the process is told', async () => {
      const told = new Promise((resolve) => {
        const listeners = process.listeners('unhandledRejection');
        process.removeAllListeners('unhandledRejection');
        process.once('unhandledRejection', (reason) => {
          for (const listener of listeners) process.on('unhandledRejection', listener);
          resolve(reason);
        });
      });
      void pool.query('SELECT nothing');
      expect(await told).toMatchObject({ code: '42703' });
      await recorder.take('SELECT');
    });

    it('and a pool or client that is traced twice makes one span', async () => {
      const twice = tracePool(tracePool(createPool()));
      const client = traceClient(await twice.connect());
      await client.query('SELECT 1');
      client.release();
      await recorder.take('SELECT');
    });

    it('and what is no pool is refused', () => {
      expect(() => tracePool({} as pg.Pool)).toThrow('[pg] Expected a pool of `pg`. Pass `new Pool()`');
      expect(() => tracePool(new pg.Client() as unknown as pg.Pool)).toThrow('use `traceClient`');
      expect(() => traceClient(pool as unknown as pg.Client)).toThrow('use `tracePool`');
      expect(() => tracePool(pool, { queryText: 'all' as 'full' })).toThrow(
        "[pg] Expected `queryText` to be 'sanitized', 'full' or 'none', got the string \"all\".",
      );
    });
  });

  describe('tells what went wrong', () => {
    it.each([
      ['SELECT nothing FROM traced_users', USERS, '42703', 'column "nothing" does not exist'],
      ["INSERT INTO traced_users VALUES (1, 's3cr3t')", 'INSERT traced_users', '23505', 'duplicate key value'],
      ["SELECT 's3cr3t'::int", 'SELECT', '22P02', 'invalid input syntax for type integer: "?"'],
      ["SELECT 1 's3cr3t", 'SELECT', '42601', 'unterminated quoted string at or near "?"'],
    ])('by SQLSTATE, without data: %s', async (sql, name, code, message) => {
      const thrown = await pool.query(sql).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(pg.DatabaseError);
      const span = await recorder.take(name);
      expect(span).toMatchObject({ status: 'ERROR', exceptions: [{ message: expect.stringContaining(message) }] });
      expect(span.statusMessage).toContain(message);
      expect(span.attributes).toMatchObject({ 'error.type': code, 'db.response.status_code': code });
      expect(JSON.stringify(span)).not.toContain('s3cr3t');
    });

    it('when the server gives up, the client gives up, and the connection breaks', async () => {
      const slow = createPool({ statement_timeout: 50, max: 1 });
      await expect(slow.query('SELECT pg_sleep(10)')).rejects.toMatchObject({ code: '57014' });
      expect((await recorder.take('SELECT')).attributes['error.type']).toBe('57014');

      const impatient = createPool({ max: 1 });
      const config = { text: 'SELECT pg_sleep(0.3)', query_timeout: 50 };
      await expect(impatient.query(config as pg.QueryConfig)).rejects.toThrow('Query read timeout');
      const timedOut = await recorder.take('SELECT');
      expect(timedOut.attributes).toMatchObject({ 'error.type': 'timeout' });
      expect(timedOut.attributes['db.response.status_code']).toBeUndefined();

      const client = await pool.connect();
      client.on('error', () => {});
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
      await recorder.take('SELECT');
      const [broken] = await Promise.allSettled([
        client.query('SELECT pg_sleep(10) FROM traced_users'),
        pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]),
      ]);
      expect(broken).toMatchObject({ status: 'rejected', reason: { code: '57P01' } });
      await recorder.take('SELECT');
      expect((await recorder.take(USERS)).attributes['error.type']).toBe('57P01');
      await expect(client.query('SELECT email FROM traced_users')).rejects.toThrow();
      expect((await recorder.take(USERS)).attributes['error.type']).toBe('connection_lost');
      client.release(true);
    });

    it('when there is no server', async () => {
      const nowhere = createPool({ connectionString: 'postgres://nobody@127.0.0.1:9/nothing' });
      const [, parent] = await inSpan('request', () => nowhere.query('SELECT 1').catch(() => {}));
      const span = await recorder.take('pool.connect');
      expect(span).toMatchObject({ kind: 'INTERNAL', status: 'ERROR', parentSpanId: parent.spanId });
      expect(span.attributes['error.type']).toBe('ECONNREFUSED');
    });
  });

  describe('tells waiting from asking', () => {
    it('by a span of its own, where a connection had to be waited for', async () => {
      const single = createPool({ max: 1 });
      const holder = await single.connect();
      const waiting = inSpan('request', () => single.query('SELECT email FROM traced_users'));
      await holder.query('SELECT pg_sleep(0.5)');
      holder.release();
      const [, parent] = await waiting;
      await recorder.take('SELECT');
      const query = await recorder.take(USERS);
      const wait = await recorder.take((span) => span.name === 'pool.connect' && span.parentSpanId === parent.spanId);
      expect(query.parentSpanId).toBe(parent.spanId);
      expect(wait).toMatchObject({ kind: 'INTERNAL', status: 'UNSET' });
      expect(wait.attributes).toMatchObject({
        'throughline.pool.waiting': 0,
        'throughline.pool.opened_connection': false,
      });
      expect(wait.durationMs).toBeGreaterThanOrEqual(490);
      expect(query.durationMs).toBeLessThan(wait.durationMs);
    });

    it('which says when the connection was opened, and when there was none in time', async () => {
      const single = createPool({ max: 1, connectionTimeoutMillis: 30_000 });
      const [holder, opening] = await inSpan('opening', () => single.connect());
      const opened = await recorder.take((span) => span.parentSpanId === opening.spanId);
      expect(opened.attributes['throughline.pool.opened_connection']).toBe(true);
      single.options.connectionTimeoutMillis = 50;
      const [thrown, late] = await inSpan('late', () => single.connect().catch((error: unknown) => error));
      expect(thrown).toMatchObject({ message: 'timeout exceeded when trying to connect' });
      const wait = await recorder.take((span) => span.parentSpanId === late.spanId);
      expect(wait).toMatchObject({ name: 'pool.connect', status: 'ERROR', attributes: { 'error.type': 'timeout' } });
      holder.release();
    });

    it('and a connection that is idle has none', async () => {
      await pool.query('SELECT 1');
      await recorder.take('SELECT');
      recorder.clear();
      const durations: number[] = [];
      for (let round = 0; round < 20; round += 1) {
        await pool.query('SELECT 1');
        await recorder.take('SELECT');
        durations.push(...recorder.finished().map(({ durationMs }) => durationMs));
        recorder.clear();
      }
      expect(durations.every((duration) => duration >= 1)).toBe(true);
      expect(durations.length).toBeLessThan(20);
    });
  });

  describe('leaves each request its own context', () => {
    it('in callbacks, awaits and events, however connections are shared', async () => {
      const shared = createPool({ max: 2 });
      const request = (number: number): Promise<unknown> =>
        inSpan(`request ${number}`, async () => {
          const own = activeSpanId();
          const seen: unknown[] = [];
          const see = (): unknown => seen.push(activeSpanId());
          await shared.query('SELECT email FROM traced_users WHERE id = $1', [number]);
          see();
          await called((done) => shared.query('SELECT id FROM traced_users', after(see, done)));
          see();
          const client = await shared.connect();
          see();
          await called((done) => client.query('SELECT id FROM traced_users', after(see, done)));
          const query = client.query(new pg.Query('SELECT id FROM traced_users'));
          query.on('row', see).on('end', see);
          await ended(query);
          client.release();
          await new Promise<void>((resolve, reject) => {
            shared.connect((error, other, release) => {
              see();
              if (error || other === undefined) return reject(error);
              release();
              resolve();
            });
          });
          expect(new Set(seen)).toEqual(new Set([own]));
          expect(seen).toHaveLength(9);
          return own;
        });
      const requests = (await Promise.all(Array.from({ length: 12 }, (_, number) => request(number)))) as [
        string,
        RecordedSpan,
      ][];
      for (const [own] of requests) {
        for (let query = 0; query < 4; query += 1) {
          await recorder.take((span) => span.name === USERS && span.parentSpanId === own);
        }
      }
    });

    it('and none to notifications', async () => {
      const [client] = await inSpan('long ago', async () => {
        const listener = await createPool({ max: 1 }).connect();
        await listener.query('LISTEN traced_channel');
        return listener;
      });
      const heard = new Promise((resolve) => {
        client.on('notification', ({ payload }) => resolve([payload, trace.getActiveSpan()]));
      });
      const [, parent] = await inSpan('request', () => pool.query("NOTIFY traced_channel, 's3cr3t'"));
      expect(await heard).toEqual(['s3cr3t', undefined]);
      const notify = await recorder.take('NOTIFY traced_channel');
      expect(notify).toMatchObject({ parentSpanId: parent.spanId });
      expect(notify.attributes['db.query.text']).toBe('NOTIFY traced_channel, ?');
      await recorder.take('LISTEN traced_channel');
      client.release();
    });
  });

  describe('follows', () => {
    it('transactions', async () => {
      const [, parent] = await inSpan('request', async () => {
        const client = await pool.connect();
        await client.query('BEGIN');
        await client.query('UPDATE traced_users SET email = $1 WHERE id = 1', ['x']);
        await client.query('ROLLBACK');
        client.release();
      });
      for (const name of ['BEGIN', 'UPDATE traced_users', 'ROLLBACK']) {
        expect((await recorder.take(name)).parentSpanId).toBe(parent.spanId);
      }
    });

    it('cursors, from the first row to the last, or to where they are closed', async () => {
      const client = await pool.connect();
      const [rows, parent] = await inSpan('request', async () => {
        const cursor = client.query(new Cursor('SELECT n FROM generate_series(1, $1) n', [5]));
        const first = await cursor.read(3);
        expect(recorder.finished().filter((span) => !isWait(span))).toEqual([]);
        const own = activeSpanId();
        const rest = await new Promise<unknown[]>((resolve) => {
          cursor.read(3, (_error, more) => resolve([...more, activeSpanId() === own]));
        });
        await cursor.close();
        return [...first, ...rest].map((row) => (typeof row === 'object' ? row.n : row));
      });
      expect(rows).toEqual([1, 2, 3, 4, 5, true]);
      expect((await recorder.take('SELECT generate_series')).parentSpanId).toBe(parent.spanId);

      const left = client.query(new Cursor('SELECT n FROM generate_series(1, 5) n'));
      await left.read(1);
      await left.close();
      expect((await recorder.take('SELECT generate_series')).status).toBe('UNSET');

      const wrong = client.query(new Cursor('SELECT 1 / (n - 2) FROM generate_series(1, 5) n'));
      await expect(wrong.read(5)).rejects.toMatchObject({ code: '22012' });
      expect((await recorder.take('SELECT generate_series')).attributes['error.type']).toBe('22012');
      client.release();
    });

    it('streams of rows, also those that are left', async () => {
      const client = await pool.connect();
      const seen: unknown[] = [];
      const [, parent] = await inSpan('request', async () => {
        for await (const { n } of client.query(new QueryStream('SELECT n FROM generate_series(1, 250) n')))
          seen.push(n);
      });
      expect(seen).toHaveLength(250);
      expect((await recorder.take('SELECT generate_series')).parentSpanId).toBe(parent.spanId);
      for await (const _row of client.query(new QueryStream('SELECT n FROM generate_series(1, 250) n'))) break;
      await recorder.take('SELECT generate_series');
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await recorder.take('SELECT');
      client.release();
    });

    it('a client that is in no pool', async () => {
      const client = traceClient(new pg.Client({ connectionString: url }));
      await client.connect();
      await client.query('SELECT id FROM traced_users');
      await client.end();
      await recorder.take(USERS);
    });

    it('what a pool does with its new connections', async () => {
      const prepared = createPool({ max: 1 });
      prepared.on('connect', (client) => void client.query("SET application_name = 'traced'"));
      const [, parent] = await inSpan('request', () => prepared.query('SELECT id FROM traced_users'));
      await recorder.take('SET');
      expect((await recorder.take(USERS)).parentSpanId).toBe(parent.spanId);
    });
  });
});

type Done = (error: Error | undefined, result: pg.QueryResult) => void;

function called(run: (done: Done) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    run((error, result) => (error ? reject(error) : resolve(result)));
  });
}

function after(see: () => unknown, done: Done): Done {
  return (error, result) => {
    see();
    done(error, result);
  };
}

function ended(query: pg.Query): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const rows: unknown[] = [];
    query.on('row', (row) => rows.push(row));
    query.on('end', () => resolve({ rows }));
    query.on('error', reject);
  });
}
