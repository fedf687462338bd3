import type { Attributes } from '@throughline/analysis';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import type { SpanFilter } from '../src/query/filter.ts';
import { matcherOf } from '../src/query/matcher.ts';
import { type Needles, needlesOf } from '../src/query/needles.ts';
import { parseQuery } from '../src/query/parse-query.ts';
import { candidates } from '../src/store/duckdb-candidates.ts';
import { openDatabase } from '../src/store/duckdb-database.ts';
import { DuckDbReader } from '../src/store/duckdb-reader.ts';
import { jsonOf } from '../src/store/duckdb-rows.ts';
import { openDuckDbStore } from '../src/store/duckdb-store.ts';
import { Signature } from '../src/store/signature.ts';
import type { TraceStore } from '../src/store/trace-store.ts';
import { fileForTest } from './file-for-test.ts';
import { oddSpan, questionsAbout, randomFrom } from './odd-spans.ts';
import { nextId, span } from './spans.ts';

const SEED = Date.now() & 0x7fffffff;
const SIGNED_SPANS = 300;
const ROUNDS = 60;
const ROUND_SPANS = 100;

function open(file: string): Promise<TraceStore> {
  return openDuckDbStore({ file, maxBytes: 1e9, maxAge: 1e12, signedSpans: SIGNED_SPANS });
}

async function changed(file: string, sql: string): Promise<void> {
  const database = await openDatabase(file);
  await database.writer.run(sql);
  database.close();
}

it('signs a span with all that a question which means it looks for', () => {
  const drafts = fc.sample(oddSpan, { seed: SEED, numRuns: 1500 });
  const next = randomFrom(SEED);
  const facts = { duration: 1, rootName: '', rootService: '' };
  let meant = 0;
  let denied = 0;
  for (const draft of drafts) {
    // Half a character has no JSON that all agree on.
    if (JSON.stringify(draft).includes('\\ud')) continue;
    const one = span({ ...draft, attributes: draft.attributes as Attributes });
    const signature = new Signature();
    signature.addSource(1, one.resource);
    signature.addSpan(one, jsonOf(one.attributes));
    const bytes = signature.bytes() as Uint8Array;
    for (const question of questionsAbout([one], next, 8)) {
      const isHeld = holds(bytes, needlesOf(question));
      if (!isHeld) denied += 1;
      if (!matcherOf(question)(one, facts)) continue;
      meant += 1;
      expect(isHeld, `${JSON.stringify([question, one.name, one.attributes])}, seed ${SEED}`).toBe(true);
    }
  }
  expect([meant > 1000, denied > 200]).toEqual([true, true]);
});

it('finds by signatures what looking at every span finds, also after the file was opened again', async () => {
  const file = fileForTest();
  const drafts = fc.sample(oddSpan, { seed: SEED, numRuns: ROUNDS * ROUND_SPANS });
  const next = randomFrom(SEED);
  const spans = drafts.map((draft, at) => span({ ...draft, attributes: draft.attributes as Attributes, startMs: at }));
  let store = await open(file);
  for (let round = 0; round < ROUNDS; round++) {
    await store.append({ spans: spans.slice(round * ROUND_SPANS, (round + 1) * ROUND_SPANS), logs: [], bytes: 1 });
    if (round % 20 !== 7) continue;
    await store.close();
    store = await open(file);
  }
  const questions = questionsAbout(spans, next);
  const bySignatures = await answers(store, questions);
  await store.close();
  await changed(file, 'DELETE FROM signatures');
  store = await open(file);
  const byLooking = await answers(store, questions);
  await store.close();
  for (const [at, question] of questions.entries())
    expect(bySignatures[at], `${JSON.stringify(question)}, seed ${SEED}`).toEqual(byLooking[at]);
  expect(byLooking.filter((found) => found.length > 0).length).toBeGreaterThan(15);
});

it('passes by the spans that a rare word or value cannot be in, and by no others', async () => {
  const file = fileForTest();
  const store = await open(file);
  for (let round = 0; round < ROUNDS; round++) {
    const batch = Array.from({ length: ROUND_SPANS }, (_, at) => {
      const user = 100_000 + (((round * ROUND_SPANS + at) * 7919) % 900_000);
      return span({ attributes: { 'user.id': `u${user}`, number: at === 0 ? round : 9999, route: '/users/:id' } });
    });
    await store.append({ spans: batch, logs: [], bytes: 1 });
  }
  await store.append({
    spans: [span({ traceId: nextId(32), attributes: { 'user.id': 'Rare Bird' } })],
    logs: [],
    bytes: 1,
  });
  await store.close();
  const database = await openDatabase(file);
  onTestFinished(() => database.close());
  const reader = new DuckDbReader(database.reader);
  const share = async (query: string) => (await candidates(reader, parseQuery(query)))?.share;
  expect(await share('nowhere')).toBe(0);
  for (const query of [
    'u100000',
    '{ .user.id = "u100000" }',
    '{ .number = 17 && .user.id = "u100000" }',
    '"rare bird"',
    'bird rare',
  ])
    expect([query, (await share(query)) ?? 1]).toEqual([query, expect.toSatisfy((value: number) => value < 0.2)]);
  expect(await share('users')).toBe(1);
  expect(await share('{ .route = "/users/:id" }')).toBe(1);
  for (const query of ['', 'u1', 'NOT u100000', 'duration > 1s || u100000', 'u100000 || status = error'])
    expect([query, await share(query)]).toEqual([query, undefined]);
});

it('answers questions as long as questions may be', async () => {
  const store = await open(fileForTest());
  onTestFinished(() => store.close());
  const text = Array.from({ length: 400 }, (_, at) => `word${at}`)
    .join(' ')
    .slice(0, 3000);
  const batch = Array.from({ length: SIGNED_SPANS }, () => span());
  await store.append({ spans: [...batch, span({ attributes: { text } })], logs: [], bytes: 1 });
  const found = async (query: string) => (await store.spans({ filter: parseQuery(query) }, 10)).length;
  expect(await found(JSON.stringify(text))).toBe(1);
  expect(await found(`{ .text = ${JSON.stringify(text)} }`)).toBe(1);
  expect(await found(`{ .text = ${JSON.stringify(`${text}!`)} }`)).toBe(0);
  expect(await found(text)).toBe(1);
  expect(await found(text.replaceAll(' ', ' OR ').slice(0, 4000))).toBe(1);
});

it('looks at every span of a file that has no signatures, and never signs a moment twice', async () => {
  const file = fileForTest();
  let store = await open(file);
  const rare = () => span({ attributes: { word: 'kingfisher' } });
  const many = (count: number) => Array.from({ length: count }, () => span());
  await store.append({ spans: [rare(), ...many(SIGNED_SPANS * 5)], logs: [], bytes: 1 });
  await store.close();
  // As the clock would have it that was set back later.
  await changed(file, 'DELETE FROM signatures; UPDATE spans SET stored_ms = stored_ms + 3600000');
  for (let round = 1; round <= 3; round++) {
    store = await open(file);
    for (let batch = 0; batch < 4; batch++) await store.append({ spans: many(SIGNED_SPANS / 2), logs: [], bytes: 1 });
    await store.append({ spans: [rare()], logs: [], bytes: 1 });
    expect(await store.spans({ filter: parseQuery('kingfisher') }, 10)).toHaveLength(round + 1);
    await store.close();
  }
});

/** Whether these bits, the first of each byte its highest, do not rule out what is looked for; ids are looked for elsewhere. */
function holds(bytes: Uint8Array, needles: Needles): boolean {
  if (needles.is === 'id') return true;
  if (needles.is !== 'grams') {
    const isHeld = (item: Needles) => holds(bytes, item);
    return needles.is === 'or' ? needles.items.some(isHeld) : needles.items.every(isHeld);
  }
  return needles.hashes.every((hash) => {
    const bit = hash % (bytes.length * 8);
    return (((bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1) === 1;
  });
}

function answers(store: TraceStore, questions: readonly SpanFilter[]): Promise<(readonly object[])[]> {
  return Promise.all(
    questions.map(async (filter) => {
      const selection = { filter: { is: 'span', filter } } as const;
      return store.search(selection, 'latest', 100);
    }),
  );
}
