import type { FoundTrace } from '../api/messages.ts';
import { candidates } from './duckdb-candidates.ts';
import type { DuckDbReader } from './duckdb-reader.ts';
import { foundTrace, latestStatement, searchStatement } from './duckdb-search.ts';
import { nanoseconds } from './nanoseconds.ts';
import type { Selection, Sort } from './trace-store.ts';

/** The first look is at so many of the latest parts of traces, each one after it at a time that is at most so many times longer. */
const FIRST_PARTS = 1000;
const LONGER = 8;
/** What was found says how much longer it has to be; some more, as traces are not evenly spread. */
const MARGIN = 1.5;
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
    const times = await lookBack(reader, selection, limit);
    // The last look, at everything, is not worth less than a part of it before.
    for (let time = times?.first ?? 0n; times !== undefined && times.whole / time >= 2n; ) {
      const found = await find(times.latest - time);
      if (found.length >= limit) return found;
      time = longer(time, limit / found.length);
    }
  }
  return find();
}

/** When the latest traces began, how long the first look is, and how long all of them take. Nothing where there are few. */
async function lookBack(reader: DuckDbReader, selection: Selection, limit: number) {
  const parts = Math.max(FIRST_PARTS, limit * 4);
  const [[count, from, last, first] = []] = await reader.rows(latestStatement(selection, parts));
  if (Number(count) < parts) return undefined;
  const oldest = [BigInt(first as bigint), nanoseconds(selection.fromMs ?? 0)].reduce((a, b) => (a > b ? a : b));
  const latest = BigInt(last as bigint);
  return { latest, first: latest - BigInt(from as bigint) + 1n, whole: latest - oldest };
}

function longer(time: bigint, missing: number): bigint {
  return time * BigInt(Math.ceil(Math.min(LONGER, missing * MARGIN)));
}
