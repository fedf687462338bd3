import type { Attributes, Span } from '@throughline/analysis';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import type { SpanFilter } from '../src/query/filter.ts';
import { openDuckDbStore } from '../src/store/duckdb-store.ts';
import { createMemoryStore } from '../src/store/memory-store.ts';
import { fileForTest } from './file-for-test.ts';
import { oddSpan, plainQuestionsAbout, questionsAbout, randomFrom } from './odd-spans.ts';
import { nextId, span } from './spans.ts';

const SEED = Date.now() & 0x7fffffff;
const SPANS = 600;

it('finds the same in the file and in memory, whatever spans are like and whatever is asked', async () => {
  const drafts = fc.sample(oddSpan, { seed: SEED, numRuns: SPANS }).filter(isPlainSpan);
  const spans = drafts.map((draft, at) => span({ ...draft, attributes: draft.attributes as Attributes, startMs: at }));
  const file = await openDuckDbStore({ file: fileForTest(), maxBytes: 1e9, maxAge: 1e12 });
  const memory = createMemoryStore({ maxBytes: 1e9 });
  onTestFinished(async () => void (await Promise.all([file.close(), memory.close()])));
  for (const store of [file, memory]) await store.append({ spans, logs: [], bytes: 1 });
  const names = new Map(spans.map((one) => [one.traceId, one] as const));
  const questions = questionsAbout(spans, randomFrom(SEED), 300).filter(isPlain);
  for (const filter of questions) {
    const [inFile, inMemory] = await Promise.all(
      [file, memory].map(async (store) => {
        const found = await store.search({ filter: { is: 'span', filter } }, 'latest', SPANS);
        return found.map(({ traceId }) => described(names.get(traceId) as Span));
      }),
    );
    expect(inFile, `${JSON.stringify(filter)}, seed ${SEED}`).toEqual(inMemory);
  }
  expect(questions.length).toBeGreaterThan(100);
});

it('finds the same by what each span and trace has, and counts the same spans', async () => {
  const next = randomFrom(SEED);
  const one = <T>(of: readonly T[]) => of[Math.floor(next() * of.length)] as T;
  const spans: Span[] = [];
  while (spans.length < SPANS) {
    const traceId = nextId(32);
    const size = 1 + Math.floor(next() * 4);
    for (let at = 0; at < size; at++) {
      const parent = spans.at(-1);
      spans.push(
        span({
          traceId,
          ...(at > 0 && parent !== undefined && { parentSpanId: parent.spanId }),
          name: one(['GET /', 'POST /checkout', '1e21', '42', 'Straße']),
          service: one(['shop', 'stock', '42']),
          kind: one(['internal', 'server', 'client', 'producer', 'consumer']),
          status: one(['unset', 'unset', 'ok', 'error']),
          ...(next() < 0.3 && { statusMessage: 'no stock' }),
          startMs: spans.length + at,
          durationMs: one([0, 1, 2, 3.5, 1000, 3e9]),
        }),
      );
    }
  }
  const file = await openDuckDbStore({ file: fileForTest(), maxBytes: 1e9, maxAge: 1e12 });
  const memory = createMemoryStore({ maxBytes: 1e9 });
  onTestFinished(async () => void (await Promise.all([file.close(), memory.close()])));
  // In parts, so that a trace comes in several.
  for (let at = 0; at < spans.length; at += 7)
    for (const store of [file, memory]) await store.append({ spans: spans.slice(at, at + 7), logs: [], bytes: 1 });
  let found = 0;
  for (const filter of plainQuestionsAbout(spans, next, 300)) {
    const [inFile, inMemory] = await Promise.all(
      [file, memory].map(async (store) =>
        (await store.search({ filter: { is: 'span', filter } }, 'slowest', SPANS))
          .map(({ traceId, matchCount, duration }) => `${traceId} ${matchCount} ${duration}`)
          .sort(),
      ),
    );
    found += inFile?.length ?? 0;
    expect(inFile, `${JSON.stringify(filter)}, seed ${SEED}`).toEqual(inMemory);
  }
  expect(found).toBeGreaterThan(1000);
});

function described({ traceId, name, statusMessage, attributes }: Span): string {
  return JSON.stringify([traceId, name, statusMessage, attributes]);
}

/** Half a character has no JSON that all agree on, and the file takes a text for a list that could be one. */
function isPlainSpan(draft: { readonly attributes: object }): boolean {
  return !hasHalfCharacter(draft) && !Object.values(draft.attributes).some((value) => /^\[.*]$/.test(value));
}

function hasHalfCharacter(value: unknown): boolean {
  return /\\ud[89a-f]/.test(JSON.stringify(value));
}

/**
 * Whether both read a question alike. They need not: the file looks for a text in the attributes as JSON, and orders the
 * rarer characters as UTF-8 does.
 */
function isPlain(filter: SpanFilter): boolean {
  switch (filter.is) {
    case 'and':
    case 'or':
      return filter.items.every(isPlain);
    case 'not':
      return isPlain(filter.item);
    case 'text':
      return /^\w+$/.test(filter.text) && !'null'.includes(filter.text.toLowerCase());
    case 'compare':
      if (hasHalfCharacter(filter.value)) return false;
      return filter.by === '=' || filter.by === '!=' || /^[ -Z^-z]*$/.test(String(filter.value));
    default:
      return true;
  }
}
