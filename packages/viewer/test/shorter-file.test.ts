import { statSync, truncateSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it, onTestFinished } from 'vitest';
import { DamagedFileError } from '../src/store/damaged-file.ts';
import { openDuckDbStore } from '../src/store/duckdb-store.ts';
import { fileForTest } from './file-for-test.ts';
import { span } from './spans.ts';

const HEADERS = 12_288;

/** A file of 20,000 spans that the database has made shorter than it says: it held more for a while. */
async function shorterFile(): Promise<{ file: string; blockSize: number }> {
  const file = fileForTest();
  const store = await open(file);
  const attributes = () => ({ text: Math.random().toString(36).repeat(10) });
  const spans = Array.from({ length: 20_000 }, () => span({ attributes: attributes() }));
  await store.append({ spans, logs: [], bytes: 1 });
  await store.close();
  const database = await DuckDBInstance.create(file);
  const connection = await database.connect();
  for (const statement of [
    'CREATE TABLE more AS SELECT md5(range::VARCHAR) FROM range(300000)',
    'CHECKPOINT',
    'DROP TABLE more',
    'CHECKPOINT',
  ])
    await connection.run(statement);
  connection.closeSync();
  database.closeSync();
  const again = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const reader = await again.connect();
  const [[total, size] = []] = (
    await reader.runAndReadAll('SELECT total_blocks, block_size FROM pragma_database_size()')
  ).getRowsJS();
  reader.closeSync();
  again.closeSync();
  expect(statSync(file).size).toBeLessThan(HEADERS + Number(total) * Number(size));
  return { file, blockSize: Number(size) };
}

function open(file: string) {
  return openDuckDbStore({ file, maxBytes: 2 ** 30, maxAge: 1e12 });
}

it('opens a file that was made shorter, though it counts the blocks that went', async () => {
  const { file } = await shorterFile();
  const store = await open(file);
  onTestFinished(() => store.close());
  expect((await store.status()).spans).toBe(20_000);
});

it('says of such a file too that it was cut short', async () => {
  const { file, blockSize } = await shorterFile();
  truncateSync(file, statSync(file).size - blockSize);
  await expect(open(file)).rejects.toThrow(DamagedFileError);
});
