import type { FoundTrace } from '../api/messages.ts';
import { candidates } from './duckdb-candidates.ts';
import type { DuckDbReader } from './duckdb-reader.ts';
import { foundTrace, latestStatement, searchStatement } from './duckdb-search.ts';
import { nanoseconds } from './nanoseconds.ts';
import type { Selection, Sort } from './trace-store.ts';

/** The first look is at so many of the latest parts of traces, each one after it at a time that is so many times longer. */
const FIRST_PARTS = 1000;
const LONGER = 8;
/** What is in no larger a share of the spans is looked for among all of these at once. */
const RARE = 1 / LONGER;

/**
 * Finds traces. The latest ones are looked for among the latest spans first, and among more of them only while there are too
 * few: what is found often is found at once, however much is stored. What is rare is looked for where it may be.
 */
export async function searchTraces(
  reader: DuckDbReader,
  selection: Selection,
  sort: Sort,
  limit: number,
): Promise<FoundTrace[]> {
  const stored = await candidates(reader, selection.filter);
  const find = async (since?: bigint) => {
    const { sql, values } = searchStatement(selection, sort, limit, { since, stored });
    return (await reader.rows(sql, values)).map(foundTrace);
  };
  if (sort === 'latest' && (stored === undefined || stored.share > RARE)) {
    for await (const since of looksBack(reader, selection, limit)) {
      const found = await find(since);
      if (found.length >= limit) return found;
    }
  }
  return find();
}

async function* looksBack(reader: DuckDbReader, selection: Selection, limit: number): AsyncGenerator<bigint> {
  const parts = Math.max(FIRST_PARTS, limit * 4);
  const [[count, from, last, first] = []] = await reader.rows(latestStatement(selection, parts));
  if (Number(count) < parts) return;
  const oldest = [BigInt(first as bigint), nanoseconds(selection.fromMs ?? 0)].reduce((a, b) => (a > b ? a : b));
  const latest = BigInt(last as bigint);
  let time = latest - BigInt(from as bigint) + 1n;
  // The last look, at everything, is not worth less than a part of it before.
  for (; (latest - oldest) / time >= 2n; time *= BigInt(LONGER)) yield latest - time;
}
