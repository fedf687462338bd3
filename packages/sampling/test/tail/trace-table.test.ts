import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TraceIdSet } from '../../src/tail/trace-id-set.ts';
import { TraceTable } from '../../src/tail/trace-table.ts';
import { TraceId, traceIdText } from '../../src/trace-id.ts';

const seed = Number(process.env.THROUGHLINE_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`THROUGHLINE_SEED=${seed}`);

type Entry = { slot: number; stamp: number; first: number; second: number; third: number; fourth: number };

function createTable(onMake = (_slot: number): void => {}): TraceTable<Entry> {
  return new TraceTable<Entry>(
    (slot) => {
      onMake(slot);
      return { slot, stamp: 0, first: 0, second: 0, third: 0, fourth: 0 };
    },
    (entry, { first, second, third, fourth }) => Object.assign(entry, { first, second, third, fourth }),
  );
}

// Ids that differ in one bit each, and in the last digits only.
const texts = Array.from({ length: 3000 }, (_, index) =>
  (index < 120 ? 1n << BigInt(index) : (5n << 100n) + BigInt(index)).toString(16).padStart(32, '0'),
);

it('finds what was added and not removed, by the same id and by another with the same text', () => {
  const ids = texts.map((text) => new TraceId(text));
  const step = fc.record({ which: fc.nat(texts.length - 1), fresh: fc.boolean(), run: fc.nat(200), add: fc.boolean() });
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const table = createTable();
    const known = new Map<string, Entry>();
    for (const { which, fresh, run, add } of steps) {
      for (let offset = 0; offset <= run; offset += 1) {
        const index = (which + offset) % texts.length;
        const text = texts[index] as string;
        const id = fresh ? new TraceId(text) : (ids[index] as TraceId);
        const entry = known.get(text);
        if (table.find(id) !== entry) expect.fail(`${text} is not found as it was added`);
        if (add && entry === undefined) known.set(text, table.add(id));
        if (!add && entry !== undefined) {
          table.remove(entry);
          known.delete(text);
          if (table.has(entry)) expect.fail(`${text} is still there`);
        }
      }
      if (run % 3 === 0) table.trim();
      expect(table.size).toBe(known.size);
    }
    for (const [text, entry] of known) {
      expect([table.has(entry), traceIdText(entry), table.find(new TraceId(text)) === entry]).toEqual([
        true,
        text,
        true,
      ]);
    }
    table.giveBack();
    expect([...known].every(([text, entry]) => table.find(new TraceId(text)) === entry)).toBe(true);
    for (const entry of known.values()) table.remove(entry);
    table.giveBack();
    expect(ids.filter((id) => table.find(id) !== undefined)).toEqual([]);
  });
  fc.assert(property, { seed, numRuns: 40 });
});

it('uses entries again instead of making others', () => {
  const table = createTable();
  const entries = new Set<Entry>();
  for (let index = 0; index < 10_000; index += 1) {
    const entry = table.add(new TraceId(index.toString(16).padStart(32, '0')));
    entries.add(entry);
    table.remove(entry);
  }
  expect(entries.size).toBe(1);
});

it('lets go of the entries of a peak while others are in use, and makes new ones in their place at the next', () => {
  const made: number[] = [];
  const table = createTable((slot) => made.push(slot));
  const idOf = (index: number): TraceId => new TraceId(index.toString(16).padStart(32, '0'));
  const peak = Array.from({ length: 20_000 }, (_, index) => table.add(idOf(index)));
  const steady = peak.filter((_, index) => index % 10 === 0);
  for (const entry of peak) if (!steady.includes(entry)) table.remove(entry);
  table.trim();
  expect(steady.map((_, index) => table.find(idOf(10 * index)))).toEqual(steady);
  expect(table.find(idOf(1))).toBeUndefined();
  made.length = 0;
  const again = Array.from({ length: 18_000 }, (_, index) => table.add(idOf(30_000 + index)));
  // As many as are in use were left, to be used again.
  expect(made).toHaveLength(18_000 - 2000);
  expect(new Set([...steady, ...again].map(({ slot }) => slot)).size).toBe(20_000);
  expect(Math.max(...made)).toBeLessThan(20_000);
});

it('remembers ids as a set does, and forgets them all', () => {
  const set = new TraceIdSet(texts.length);
  const ids = texts.map((text) => new TraceId(text));
  for (const round of [0, 1]) {
    const added = ids.filter((_, index) => index % 2 === round);
    for (const id of [...added, ...added]) set.add(id);
    expect(set.size).toBe(added.length);
    expect(ids.filter((id) => set.has(id))).toEqual(added);
    set.clear();
    expect(ids.filter((id) => set.has(id))).toEqual([]);
  }
});
