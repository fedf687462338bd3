import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { openDuckDbStore } from '../src/store/duckdb-store.ts';
import { copyRows } from '../src/store/salvage.ts';
import type { TraceStore } from '../src/store/trace-store.ts';
import { fileForTest } from './file-for-test.ts';
import { nextId, span } from './spans.ts';

const ALL = { filter: { is: 'span', filter: { is: 'all' } } } as const;

it('lists the traces whose spans are left of a damaged file, as they are left, and no others', async () => {
  const [file, mended, expected] = [fileForTest(), fileForTest(), fileForTest()];
  const lost = [span({ name: 'GET /lost' }), span({ name: 'GET /lost' })];
  const [traceId, spanId] = [nextId(32), nextId(16)];
  const half = [
    span({ traceId, spanId, name: 'POST /half', durationMs: 90, service: 'a "quoted"\nname' }),
    span({ traceId, parentSpanId: spanId, startMs: 5, status: 'error', service: 'stock' }),
    span({ traceId, parentSpanId: spanId, startMs: 9, service: 'stock' }),
  ];
  const later = span({ traceId, parentSpanId: spanId, startMs: 50, durationMs: 200 });
  const orphan = span({ parentSpanId: nextId(16), startMs: 20 });
  const first = await store(file);
  await first.append({ spans: [...lost, ...half, orphan], logs: [], bytes: 1 });
  await first.append({ spans: [later], logs: [], bytes: 1 });
  await first.close();
  // As if the groups of rows that these are in could not be read.
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run("DELETE FROM spans WHERE name = 'GET /lost'");
  await connection.run(`DELETE FROM parts WHERE trace_id = ${BigInt(`0x${orphan.traceId}`)}::UHUGEINT`);
  connection.closeSync();
  instance.closeSync();

  expect((await copyRows(file, mended)).get('spans')).toBe(5);
  const [left, whole] = [await store(mended), await store(expected)];
  await whole.append({ spans: [...half, orphan], logs: [], bytes: 1 });
  await whole.append({ spans: [later], logs: [], bytes: 1 });
  const found = await left.search(ALL, 'latest', 10);
  expect(found).toHaveLength(2);
  expect(found).toEqual(await whole.search(ALL, 'latest', 10));
  expect((await left.status()).traces).toBe(2);
  await left.close();
  await whole.close();
});

function store(file: string): Promise<TraceStore> {
  return openDuckDbStore({ file, maxBytes: 2 ** 30, maxAge: 1e12 });
}
