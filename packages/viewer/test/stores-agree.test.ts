import type { Attributes, Span } from '@throughline/analysis';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import type { SpanFilter } from '../src/query/filter.ts';
import { openDuckDbStore } from '../src/store/duckdb-store.ts';
import { createMemoryStore } from '../src/store/memory-store.ts';
import { fileForTest } from './file-for-test.ts';
import { oddSpan, questionsAbout, randomFrom } from './odd-spans.ts';
import { span } from './spans.ts';

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
