import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { parseQuery } from '../src/query/parse-query.ts';
import { openDuckDbStore } from '../src/store/duckdb-store.ts';
import { nextId, ORIGIN, span } from './spans.ts';

const SEED = Date.now() & 0x7fffffff;
const TRACES = 2500;
const QUERIES = [
  '',
  'service = rare',
  'status = error',
  '{ service = shop && duration > 30ms } && { service = rare }',
  'trace:rootName = "GET /rare"',
  'trace:duration > 50s',
  'number = 3',
  'nowhere',
];

it('finds the latest traces by looking at the latest first, the same ones as by looking at all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
  const file = join(folder, 'traces.duckdb');
  const store = await openDuckDbStore({ file, maxBytes: 1e9, maxAge: 1e12 });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const random = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { seed: SEED, numRuns: TRACES * 4 });
  const next = () => random.pop() ?? 0;
  const [first, second] = [[], []] as [ReturnType<typeof span>[], ReturnType<typeof span>[]];
  for (let index = 0; index < TRACES; index++) {
    const traceId = nextId(32);
    const isRare = next() < 0.002;
    const startMs = index * 10 + next();
    const root = span({ traceId, startMs, durationMs: 20 + 20 * next(), name: isRare ? 'GET /rare' : 'GET /orders' });
    const more = { traceId, parentSpanId: root.spanId, service: isRare ? 'rare' : 'stock', kind: 'client' } as const;
    // Some come long after their trace began, and some before their root.
    const late = next() < 0.05 ? 60_000 : 0;
    const status = index % 997 === 0 ? 'error' : 'unset';
    first.push(span({ ...more, startMs: startMs + 5 + late, status, attributes: { number: index % 2000 } }));
    second.push(root);
  }
  for (const spans of [first, second]) await store.append({ spans, logs: [], bytes: 1000 });

  const end = Number(ORIGIN / 1_000_000n) + TRACES * 10;
  for (const query of QUERIES) {
    for (const window of [{}, { toMs: end - 8_000 }, { fromMs: end - 12_000, toMs: end }]) {
      const selection = { filter: parseQuery(query), ...window };
      // More than there are cannot be found among the latest.
      const all = await store.search(selection, 'latest', 10 * TRACES);
      for (const limit of [3, 20]) {
        const found = await store.search(selection, 'latest', limit);
        expect(found, `${query} ${JSON.stringify(window)} ${limit}, seed ${SEED}`).toEqual(all.slice(0, limit));
      }
    }
  }
});
