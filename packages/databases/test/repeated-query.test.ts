import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tracedListener, withSpan } from '@throughline/core';
import { tracePool } from '@throughline/databases/pg';
import { recordSpans, type SpanRecorder } from '@throughline/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithService } from '../../../test/service.ts';

describeWithService('postgres', 'a statement that is made over and over in one request', (connectionString) => {
  const pool = tracePool(new pg.Pool({ connectionString, max: 4 }));
  const ask = (sql: string, times: number): Promise<unknown> =>
    Promise.all(Array.from({ length: times }, (_, id) => pool.query(sql, [id])));
  const USERS = 'SELECT usename FROM pg_user WHERE usesysid = $1';
  const ROLES = 'SELECT rolname FROM pg_roles WHERE oid = $1';

  let recorder: SpanRecorder;
  beforeAll(async () => {
    recorder = await recordSpans();
  });
  afterEach(() => recorder.clear());
  afterAll(async () => {
    await pool.end();
    await recorder.stop();
  });

  /** What a SERVER span says of repetitions after a request that does this. */
  const marked = async (handle: () => Promise<unknown>): Promise<unknown[]> => {
    const server = createServer(tracedListener((_request, response) => void handle().finally(() => response.end())));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).text();
    const { attributes } = await recorder.take((span) => span.kind === 'SERVER');
    server.closeAllConnections();
    server.close();
    return [attributes['throughline.repeated_query'], attributes['throughline.repeated_query_count']];
  };

  it('is named on the SERVER span, with how often, beyond ten times', async () => {
    expect(await marked(() => ask(USERS, 10))).toEqual([undefined, undefined]);
    expect(await marked(() => ask(USERS, 11))).toEqual(['SELECT pg_user', 11]);
    expect(await marked(() => ask(USERS, 37))).toEqual(['SELECT pg_user', 37]);
  });

  it('is the most frequent one where there are several', async () => {
    expect(await marked(async () => [await ask(USERS, 12), await ask(ROLES, 20), await ask(USERS, 3)])).toEqual([
      'SELECT pg_roles',
      20,
    ]);
  });

  it('is counted for each request by itself', async () => {
    expect(await Promise.all([marked(() => ask(USERS, 6)), marked(() => ask(USERS, 6))])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('is no longer noticed after a hundred different ones', async () => {
    const others = async (): Promise<void> => {
      for (let table = 0; table < 100; table += 1)
        await pool.query(`SELECT 1 FROM pg_user AS t, pg_user_${table}`).catch(() => {});
    };
    expect(await marked(async () => [await others(), await ask(USERS, 20)])).toEqual([undefined, undefined]);
    expect(await marked(async () => [await ask(USERS, 2), await others(), await ask(USERS, 20)])).toEqual([
      'SELECT pg_user',
      22,
    ]);
  });

  it('is named on the root span of what is no request', async () => {
    await withSpan('nightly', () => withSpan('step', () => ask(USERS, 11)));
    expect((await recorder.take('step')).attributes).toEqual({});
    expect((await recorder.take('nightly')).attributes).toEqual({
      'throughline.repeated_query': 'SELECT pg_user',
      'throughline.repeated_query_count': 11,
    });
  });
});
