import { spanFilters, type TraceFilter } from '../query/filter.ts';
import { anyOf, hashCount, isKnown, type Needles, needlesOf } from '../query/needles.ts';
import type { DuckDbReader } from './duckdb-reader.ts';

/** When spans were stored. */
export type Stored = {
  /** From and to in milliseconds, both included; the last one has no end. */
  readonly ranges: readonly Range[];
  /** The share of all signatures that do not rule them out, from 0 to 1. */
  readonly share: number;
};

type Range = { readonly from: bigint; readonly to: bigint | undefined };

/** A statement with more than some hundreds of conditions would be refused; who asks for so many things finds them anywhere. */
const MAX_HASHES = 400;
/** More than these are put together with what is between them. */
const MAX_RANGES = 64;

/**
 * When the spans were stored among which those of a filter must be, by the signatures of all: what is in no signature may be
 * anywhere. Nothing where the filter says nothing that could be looked for.
 */
export async function candidates(reader: DuckDbReader, filter: TraceFilter): Promise<Stored | undefined> {
  const needles = anyOf(spanFilters(filter).map(needlesOf));
  if (!isKnown(needles) || hashCount(needles) > MAX_HASHES) return undefined;
  const moments: bigint[] = [];
  for (const id of idsOf(needles)) {
    const column = id.length === 32 ? 'trace_id' : 'span_id';
    const rows = await reader.rows(`SELECT DISTINCT stored_ms FROM spans WHERE ${column} = ${BigInt(`0x${id}`)}`);
    for (const [moment] of rows) moments.push(BigInt(moment as bigint));
  }
  const signed = await reader.rows(
    `SELECT from_ms, to_ms, coalesce(${conditionOf(needles)}, true) FROM (
       SELECT from_ms, to_ms, bits::BIT AS bits, octet_length(bits) * 8 - 1 AS mask FROM signatures) ORDER BY from_ms`,
  );
  const denied = signed.flatMap(([from, to, isHeld]) =>
    isHeld === true ? [] : [{ from: BigInt(from as bigint), to: BigInt(to as bigint) }],
  );
  const ranges = sorted([...rangesBetween(denied), ...moments.map((moment) => ({ from: moment, to: moment }))]);
  return { ranges: fewer(ranges), share: signed.length === 0 ? 1 : 1 - denied.length / signed.length };
}

/** The condition on spans `s` of having been stored at one of these moments. */
export function storedAt({ ranges }: Stored): string {
  const conditions = ranges.map(({ from, to }) =>
    to === undefined ? `s.stored_ms >= ${from}` : `(s.stored_ms >= ${from} AND s.stored_ms <= ${to})`,
  );
  return `(${conditions.join(' OR ')})`;
}

function idsOf(needles: Needles): string[] {
  if (needles.is === 'id') return [needles.id];
  return needles.is === 'grams' ? [] : needles.items.flatMap(idsOf);
}

function conditionOf(needles: Needles): string {
  switch (needles.is) {
    case 'id':
      return 'false';
    case 'grams':
      return `(${needles.hashes.map((hash) => `get_bit(bits, (${hash} & mask)::INTEGER) = 1`).join(' AND ')})`;
    default:
      return `(${needles.items.map(conditionOf).join(needles.is === 'and' ? ' AND ' : ' OR ')})`;
  }
}

function rangesBetween(denied: readonly { readonly from: bigint; readonly to: bigint }[]): Range[] {
  const ranges: Range[] = [];
  let from = 0n;
  for (const range of denied) {
    if (range.from > from) ranges.push({ from, to: range.from - 1n });
    if (range.to >= from) from = range.to + 1n;
  }
  return [...ranges, { from, to: undefined }];
}

function sorted(ranges: Range[]): Range[] {
  return ranges.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
}

// The latest stay apart: most are looked for there.
function fewer(ranges: readonly Range[]): readonly Range[] {
  if (ranges.length <= MAX_RANGES) return ranges;
  const late = ranges.slice(1 - MAX_RANGES);
  const early = ranges.slice(0, 1 - MAX_RANGES);
  const [from, to] = [early[0]?.from ?? 0n, early.at(-1)?.to];
  return [{ from, to }, ...late];
}
